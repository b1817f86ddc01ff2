"""An entry of the log as it is read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from modelkeep.domains.audit.domain.event_types import public_type
from modelkeep.domains.audit.domain.leaf import SaltedText
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Json


class CorruptEntryError(RegistryError):
    """An entry of the log is not what was once written."""

    kind = Kind.CORRUPT
    code = "audit.corrupt_entry"


class EntryNotFoundError(RegistryError):
    """The log has no entry with this number that the caller may see, or none any more."""

    kind = Kind.NOT_FOUND
    code = "audit.entry_not_found"


@dataclass(frozen=True, slots=True)
class EntryActor:
    """Who made an entry: a pseudonymous id, and the token used."""

    kind: str
    id: str
    token_id: str | None


@dataclass(frozen=True, slots=True)
class PrunedEntry:
    """What retention leaves of an entry: its place, and the hash that proofs need."""

    seq: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, read from its leaf: the bytes that its hash covers are all that is believed.

    `texts` are those behind its commitments that are still kept; a commitment without a text has been erased.
    """

    seq: int
    at: datetime
    action: str
    subject: str
    actor: EntryActor
    request_id: str
    data: Mapping[str, Json]
    commitments: Mapping[str, str]
    before_digest: str | None
    after_digest: str | None
    leaf: bytes
    leaf_hash: bytes
    texts: tuple[SaltedText, ...] = ()

    @classmethod
    def read(cls, leaf: bytes, leaf_hash: bytes) -> Self:
        """Return the entry in a leaf of version 1.

        Raises:
            CorruptEntryError: the bytes are no leaf.
        """
        try:
            document = json.loads(leaf)
            actor = document["actor"]
            return cls(
                seq=document["seq"],
                at=datetime.fromisoformat(document["ts"]),
                action=document["action"],
                subject=document["resource"],
                actor=EntryActor(actor["type"], actor["id"], actor["via_token_id"]),
                request_id=document["request_id"],
                data=document["data"],
                commitments=document["pii_commitments"],
                before_digest=document["before_digest"],
                after_digest=document["after_digest"],
                leaf=leaf,
                leaf_hash=leaf_hash,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptEntryError(
                f"the leaf with the hash {leaf_hash.hex()} is none this registry wrote: the log was tampered with"
            ) from error

    @property
    def erased(self) -> tuple[str, ...]:
        """The names of texts that are gone."""
        kept = {text.field for text in self.texts}
        return tuple(sorted(self.commitments.keys() - kept))

    @property
    def type(self) -> str:
        """The public type: `MODEL_CREATED`."""
        return public_type(self.action)
