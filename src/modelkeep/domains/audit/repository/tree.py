"""The tree over the log: its nodes, checkpoints and keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.log_keys import LogKey
from modelkeep.domains.audit.domain.signed_notes import SignedNote, VerifierKey
from modelkeep.domains.audit.tables import CHECKPOINT, ENTRY, HEAD, LOG_KEY, NODE
from modelkeep.kernel.merkle import Node, span

_LEAVES: Final = (
    select(ENTRY.c.seq, ENTRY.c.payload, ENTRY.c.leaf_hash)
    .where(ENTRY.c.seq >= bindparam("first"))
    .order_by(ENTRY.c.seq)
    .limit(bindparam("count"))
)
_NEWEST: Final = select(*CHECKPOINT.c).order_by(CHECKPOINT.c.size.desc()).limit(1)
_FIRST_FROM: Final = (
    select(*CHECKPOINT.c).where(CHECKPOINT.c.size >= bindparam("least")).order_by(CHECKPOINT.c.size).limit(1)
)
_LOCKED: Final = select(*CHECKPOINT.c).where(CHECKPOINT.c.size == bindparam("size")).with_for_update()
_PROGRESS: Final = select(
    HEAD.c.size,
    select(func.max(CHECKPOINT.c.size)).scalar_subquery().label("published"),
    select(func.max(CHECKPOINT.c.at)).scalar_subquery().label("at"),
)
_NODES_AT_ONCE: Final = 400


class StoredLeaf(NamedTuple):
    """An entry as the tree sees it; there is no payload once it is pruned."""

    seq: int
    payload: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint that was published, with all signatures it has got."""

    size: int
    root: bytes
    note: SignedNote
    at: datetime


class TreeRepository:
    """The tree within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def progress(self) -> tuple[int, int]:
        """Return how many entries there are, and how many of them are published."""
        row = self._session.execute(_PROGRESS).one()
        return row.size, row.published or 0

    def newest(self) -> StoredCheckpoint | None:
        """Return the newest checkpoint."""
        row = self._session.execute(_NEWEST).one_or_none()
        return None if row is None else _checkpoint(*row)

    def first_from(self, size: int) -> StoredCheckpoint | None:
        """Return the first checkpoint of at least this size."""
        row = self._session.execute(_FIRST_FROM, {"least": size}).one_or_none()
        return None if row is None else _checkpoint(*row)

    def locked(self, size: int) -> StoredCheckpoint | None:
        """Return the checkpoint of a size; nobody else adds signatures to it before the transaction ends."""
        row = self._session.execute(_LOCKED, {"size": size}).one_or_none()
        return None if row is None else _checkpoint(*row)

    def leaf(self, seq: int) -> StoredLeaf | None:
        """Return one entry."""
        return next(iter(self.leaves(seq, 1)), None)

    def leaves(self, first: int, limit: int) -> list[StoredLeaf]:
        """Return entries from a place on."""
        return [StoredLeaf(*row) for row in self._session.execute(_LEAVES, {"first": first, "count": limit})]

    def nodes(self, wanted: Iterable[Node]) -> dict[Node, bytes]:
        """Return the hashes of nodes, those that there are; leaves are entries."""
        places = sorted(set(wanted))
        leaves = [node.offset for node in places if node.level == 0]
        found = {
            Node(0, row.seq): row.leaf_hash
            for row in self._session.execute(select(ENTRY.c.seq, ENTRY.c.leaf_hash).where(ENTRY.c.seq.in_(leaves)))
        }
        inner = [node for node in places if node.level > 0]
        for first in range(0, len(inner), _NODES_AT_ONCE):
            chosen = tuple_(NODE.c.level, NODE.c.place).in_(inner[first : first + _NODES_AT_ONCE])
            rows = self._session.execute(select(*NODE.c).where(chosen))
            found |= {Node(row.level, row.place): row.hash for row in rows}
        return found

    def frontier(self, size: int) -> dict[Node, bytes]:
        """Return what the root of the first `size` entries is folded from."""
        return self.nodes(span(0, size))

    def add_nodes(self, nodes: Mapping[Node, bytes]) -> None:
        """Store inner nodes; leaves are entries, and left out."""
        rows = [
            {"level": node.level, "place": node.offset, "hash": found}
            for node, found in nodes.items()
            if node.level > 0
        ]
        if rows:
            self._session.execute(insert(NODE), rows)

    def replace_nodes(self, nodes: Mapping[Node, bytes]) -> None:
        """Store inner nodes in the place of those that are there."""
        for node in nodes:
            self._session.execute(delete(NODE).where(NODE.c.level == node.level, NODE.c.place == node.offset))
        self.add_nodes(nodes)

    def checkpoints(self, above: int, up_to: int) -> list[StoredCheckpoint]:
        """Return the checkpoints of the sizes above one and up to another."""
        chosen = select(*CHECKPOINT.c).where(CHECKPOINT.c.size > above, CHECKPOINT.c.size <= up_to)
        return [_checkpoint(*row) for row in self._session.execute(chosen.order_by(CHECKPOINT.c.size))]

    def add_checkpoint(self, checkpoint: Checkpoint, note: SignedNote, at: datetime) -> None:
        """Store a checkpoint."""
        row = {"size": checkpoint.size, "root": checkpoint.root, "note": str(note), "at": at}
        self._session.execute(insert(CHECKPOINT), row)

    def set_note(self, size: int, note: SignedNote) -> None:
        """Keep a checkpoint's note with further signatures."""
        self._session.execute(update(CHECKPOINT).where(CHECKPOINT.c.size == size).values(note=str(note)))

    def log_keys(self) -> Sequence[LogKey]:
        """Return the keys of the log, oldest first."""
        rows = self._session.execute(select(*LOG_KEY.c).order_by(LOG_KEY.c.valid_from, LOG_KEY.c.since))
        return [LogKey(VerifierKey.parse(row.vkey), row.valid_from, row.valid_to, row.since) for row in rows]

    def add_key(self, key: LogKey) -> None:
        """Store a key."""
        row = {"vkey": str(key.verifier), "valid_from": key.valid_from, "valid_to": key.valid_to, "since": key.since}
        self._session.execute(insert(LOG_KEY), row)

    def retire_key(self, verifier: VerifierKey, valid_to: int) -> None:
        """Let a key count up to a size only."""
        self._session.execute(update(LOG_KEY).where(LOG_KEY.c.vkey == str(verifier)).values(valid_to=valid_to))


def _checkpoint(size: int, root: bytes, note: str, at: datetime) -> StoredCheckpoint:
    return StoredCheckpoint(size, root, SignedNote.parse(note), at)
