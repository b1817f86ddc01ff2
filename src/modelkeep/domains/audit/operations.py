"""What higher domains ask of the log inside a transaction of their own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import InclusionProof
from modelkeep.domains.audit.domain.entries import Entry, EntryNotFoundError
from modelkeep.domains.audit.domain.exports import Names, jsonl
from modelkeep.domains.audit.domain.log_keys import LogKey
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.repository import AuditRepository, EntryRepository, StoredCheckpoint, TreeRepository
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Receipt
from modelkeep.kernel.merkle import Span, fold, inclusion_spans
from modelkeep.platform.database import Transaction

_BATCH: Final = 500


class NotPublishedError(RegistryError):
    """No checkpoint covers this much of the audit log yet; the next one is signed within a second."""

    kind = Kind.UNAVAILABLE
    code = "audit.not_published"


def receipts_of(tx: Transaction, wanted: Collection[tuple[str, datetime]]) -> dict[tuple[str, datetime], Receipt]:
    """Return, in one query, the audit entries that made facts so: for each subject and time, if there is one.

    The time is that of the event, `Event.at`: an interval whose `since` is the `at` of its event finds its entry by
    `(subject, since)`, such as `("fraud/scorer@champion", interval.since)`, and so does its end by `until`. The first
    stage of a version was made so by its registration: `("fraud/scorer:1.4.0", version.created_at)`. Entries made
    before schema 0003 and entries that retention has pruned are not found.

    Whoever has the receipt can ask for the entry and for its proof by its number.
    """
    return AuditRepository(tx.session).receipts(frozenset(wanted)) if wanted else {}


def receipt_of(tx: Transaction, subject: str, at: datetime) -> Receipt | None:
    """Return the one of `receipts_of` for a subject and a time, where there is no more than one to ask for."""
    return AuditRepository(tx.session).receipt(subject, at)


@dataclass(frozen=True, slots=True)
class ProvenEntries:
    """Entries about one subject, the oldest first, each with the proof that it is in the log of the checkpoint."""

    entries: tuple[Entry, ...]
    proofs: tuple[InclusionProof, ...]
    checkpoint: StoredCheckpoint
    keys: Sequence[LogKey]

    def without_texts(self) -> "ProvenEntries":
        """Return them without what people typed."""
        return replace(self, entries=tuple(replace(entry, texts=()) for entry in self.entries))

    def lines(self, names: Names) -> str:
        """Return the entries as an export has them; `names` are those of principals that are told."""
        return jsonl(self.entries, names)


def proven_entries(tx: Transaction, subject: str) -> ProvenEntries:
    """Return all entries about exactly this that are still kept; who may see them is for the caller to say.

    Raises:
        NotPublishedError: no checkpoint covers the last of them yet.
    """
    tree, query = TreeRepository(tx.session), EntryQuery(subject=subject)
    checkpoint, entries = newest_checkpoint(tree, None), list[Entry]()
    size = AuditRepository(tx.session).size()
    while True:
        after = entries[-1].seq if entries else -1
        batch = EntryRepository(tx.session).batch(query, after=after, before=size, limit=_BATCH)
        entries += [entry for entry in batch if isinstance(entry, Entry)]
        if len(batch) < _BATCH:
            break
    if entries and entries[-1].seq >= checkpoint.size:
        raise not_published(entries[-1].seq + 1)
    spans = [tuple(inclusion_spans(entry.seq, checkpoint.size)) for entry in entries]
    hashes = iter(folded(tree, (span for of_entry in spans for span in of_entry)))
    proofs = tuple(
        InclusionProof(
            entry.seq,
            entry.leaf_hash,
            entry.leaf,
            tuple(islice(hashes, len(of_entry))),
            checkpoint.size,
            checkpoint.note,
        )
        for entry, of_entry in zip(entries, spans, strict=True)
    )
    return ProvenEntries(tuple(entries), proofs, checkpoint, tree.log_keys())


def newest_checkpoint(tree: TreeRepository, size: int | None) -> StoredCheckpoint:
    """Return the newest checkpoint, or the first one of at least a size.

    Raises:
        EntryNotFoundError: the log has not so many entries.
        NotPublishedError: there is none yet.
    """
    found = tree.newest() if size is None else tree.first_from(size)
    if found is not None:
        return found
    if size and tree.leaf(size - 1) is None:
        raise EntryNotFoundError(f"the audit log has fewer than {size} entries; 'modelkeep audit list' shows them")
    raise not_published(size or 1)


def not_published(size: int) -> NotPublishedError:
    """Return the error for a part of the log that no checkpoint covers yet."""
    return NotPublishedError(
        f"no checkpoint of {size} entries or more is signed yet: try again in a second; if that does not help, the "
        "server's log says what stops it",
        size=size,
    )


def folded(tree: TreeRepository, spans: Iterable[Span]) -> list[bytes]:
    """Return the hash over each span of the tree, from stored nodes that are read at once."""
    wanted = tuple(spans)
    known = tree.nodes(node for parts in wanted for node in parts)
    return [fold(parts, known) for parts in wanted]
