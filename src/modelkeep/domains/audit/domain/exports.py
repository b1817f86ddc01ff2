"""The forms an export of the log has: JSON Lines for programs and the verifier, CSV for people, CloudEvents."""

import csv
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from io import StringIO
from typing import Final

from modelkeep.domains.audit.domain.cloud_events import BATCH_MEDIA_TYPE, cloud_event
from modelkeep.domains.audit.domain.entries import Entry, PrunedEntry
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.events import Json

Names = Mapping[str, str]
"""What people call principals, by id."""

_COLUMNS: Final = (
    "seq",
    "at",
    "type",
    "subject",
    "actor_id",
    "actor_name",
    "actor_kind",
    "token_id",
    "request_id",
    "data",
    "texts",
    "leaf_hash",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """How entries are written."""

    JSONL = "jsonl"
    CSV = "csv"
    CLOUDEVENTS = "cloudevents"

    @property
    def media_type(self) -> str:
        """The type of the whole export."""
        return {self.JSONL: "application/jsonl", self.CSV: "text/csv", self.CLOUDEVENTS: BATCH_MEDIA_TYPE}[self]


def jsonl(entries: Iterable[Entry | PrunedEntry], names: Names) -> str:
    """Return a line for each entry: what the verifier needs, and the members of the leaf for who reads it.

    `leaf` is the leaf's bytes in base64, null for an entry that retention has pruned; `leaf_hash` 64 hexadecimal
    digits; `texts` maps each field that is kept to its value, and to its salt in hexadecimal digits.
    """
    return "".join(_compact(_line(entry, names)) + "\n" for entry in entries)


def comma_separated(entries: Iterable[Entry], names: Names) -> str:
    """Return rows of CSV (RFC 4180) without their title; a cell that a spreadsheet would run has a `'` before it."""
    text = StringIO()
    writer = csv.writer(text)
    for entry in entries:
        row = (
            str(entry.seq),
            timestamp(entry.at),
            entry.type,
            entry.subject,
            entry.actor.id,
            names.get(entry.actor.id, ""),
            entry.actor.kind,
            entry.actor.token_id or "",
            entry.request_id,
            _compact(entry.data),
            _compact({kept.field: kept.value for kept in entry.texts}),
            entry.leaf_hash.hex(),
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue()


def title() -> str:
    """Return the first row of CSV."""
    return ",".join(_COLUMNS) + "\r\n"


def written(
    batches: Iterable[Iterable[Entry | PrunedEntry]],
    form: ExportFormat,
    *,
    source: str,
    names_of: Callable[[set[str]], Names],
) -> Iterator[bytes]:
    """Yield an export piece by piece, one for each batch; `names_of` gives the names of principals that are told."""
    if form is ExportFormat.CSV:
        yield title().encode()
    first = True
    for batch in batches:
        entries = tuple(batch)
        whole = tuple(entry for entry in entries if isinstance(entry, Entry))
        if form is ExportFormat.JSONL:
            yield jsonl(entries, names_of({entry.actor.id for entry in whole})).encode()
        elif form is ExportFormat.CSV:
            yield comma_separated(whole, names_of({entry.actor.id for entry in whole})).encode()
        elif whole:
            events = ",\n".join(_compact(cloud_event(entry, source=source)) for entry in whole)
            yield f"{'[' if first else f',{chr(10)}'}{events}".encode()
            first = False
    if form is ExportFormat.CLOUDEVENTS:
        yield b"[]\n" if first else b"]\n"


def _line(entry: Entry | PrunedEntry, names: Names) -> Mapping[str, Json]:
    if isinstance(entry, PrunedEntry):
        return {"seq": entry.seq, "leaf": None, "leaf_hash": entry.leaf_hash.hex(), "texts": {}}
    return {
        "seq": entry.seq,
        "leaf": b64encode(entry.leaf).decode(),
        "leaf_hash": entry.leaf_hash.hex(),
        "texts": {text.field: {"salt": text.salt.hex(), "value": text.value} for text in entry.texts},
        "at": timestamp(entry.at),
        "type": entry.type,
        "subject": entry.subject,
        "actor": {
            "id": entry.actor.id,
            "kind": entry.actor.kind,
            "name": names.get(entry.actor.id),
            "token_id": entry.actor.token_id,
        },
        "request_id": entry.request_id,
        "data": entry.data,
        "erased": entry.erased,
    }


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
