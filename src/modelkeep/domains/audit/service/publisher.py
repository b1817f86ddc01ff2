"""Extends the tree over the log, and signs checkpoints.

The tree is made from what is committed, by one publisher at a time. It signs only what continues the last checkpoint:
an entry that no longer fits its hash, a log that has become shorter, or nodes that do not lead to the last root stop
it. Two publishers at once do no harm: the one that comes second finds the nodes there, and does nothing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.log_keys import LogKey, LogKeyMismatchError
from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote
from modelkeep.domains.audit.ports import LogSigners
from modelkeep.domains.audit.repository import StoredCheckpoint, StoredLeaf, TreeRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.merkle import EMPTY_ROOT, Node, fold, grown, leaf_hash, span
from modelkeep.platform.database import ConcurrentWriteError, Database

BATCH: Final = 4096
"""Entries of one transaction; a log that is far behind is caught up in many."""

PROMPT: Final = 256
"""So many unpublished entries do not wait for `REST`."""

REST: Final = timedelta(milliseconds=300)
"""The least time between two checkpoints; with the pauses of the job runner an entry waits for less than a second."""

_AFTER_FAILURE: Final = timedelta(seconds=30)


class TamperedLogError(RegistryError):
    """The log in the database is not the one that the last checkpoint was signed for."""

    kind = Kind.CORRUPT
    code = "audit.tampered_log"


@dataclass(slots=True)
class _Pace:
    """When this process may publish again, by its own clock."""

    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckpointPublisher:
    """Publishes what has been appended."""

    database: Database
    signers: LogSigners
    clock: Clock
    _pace: _Pace = field(default_factory=_Pace, repr=False)

    def wanted(self) -> bool:
        """Say whether there is something to publish, and its time has come."""
        with self.database.snapshot() as tx:
            size, published = TreeRepository(tx.session).progress()
        behind = size - published
        return behind > 0 and (time.monotonic() >= self._pace.not_before or behind >= PROMPT)

    def publish(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Publish all there is, and return up to which size.

        Raises:
            TamperedLogError, LogKeyMismatchError: nothing more is signed until an operator has looked into it.
        """
        size = 0
        self._pace.not_before = time.monotonic() + _AFTER_FAILURE.total_seconds()
        while not stopping():
            published = self.publish_once()
            if published is None:
                break
            size = published.size
        self._pace.not_before = time.monotonic() + REST.total_seconds()
        return size

    def publish_once(self) -> Checkpoint | None:
        """Publish up to 4,096 entries; None when there is nothing to publish."""
        with self.database.snapshot() as tx:
            tree = TreeRepository(tx.session)
            size, _ = tree.progress()
            last, keys = tree.newest(), tree.log_keys()
            published = 0 if last is None else last.size
            leaves = tree.leaves(published, BATCH)
            frontier = tree.frontier(published)
        _check_continues(last, size, frontier)
        if not leaves:
            return None
        _check_leaves(leaves, published)
        nodes = grown(published, [leaf.hash for leaf in leaves], frontier)
        checkpoint = Checkpoint(
            _origin(keys), published + len(leaves), fold(span(0, published + len(leaves)), frontier | nodes)
        )
        note = SignedNote(checkpoint.text).signed(*self._signatures(keys, checkpoint))
        with suppress(ConcurrentWriteError), self.database.transaction() as tx:
            TreeRepository(tx.session).add_nodes(nodes)
            TreeRepository(tx.session).add_checkpoint(checkpoint, note, self.clock())
        return checkpoint

    def _signatures(self, keys: Sequence[LogKey], checkpoint: Checkpoint) -> Iterable[NoteSignature]:
        """Sign with every active key, the newest last; that one must be there."""
        given = {signer.verifier: signer for signer in self.signers.given()}
        active = [key.verifier for key in keys if key.valid_to is None]
        if active[-1] not in given:
            raise LogKeyMismatchError(
                f"the audit log is signed with the key {active[-1]}, which this server does not have: give it that of "
                "the other servers, and start it again"
            )
        for verifier in active:
            if verifier in given:
                signature = given[verifier].sign(checkpoint.text.encode())
                yield NoteSignature(verifier.name, verifier.id, signature)


def _origin(keys: Sequence[LogKey]) -> str:
    if not keys:
        raise LogKeyMismatchError("the audit log has no key yet: start a server with 'modelkeep serve' once")
    return keys[-1].verifier.name


def _check_continues(last: StoredCheckpoint | None, size: int, frontier: dict[Node, bytes]) -> None:
    published, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
    if size < published:
        raise TamperedLogError(
            f"the audit log has {size} entries, and a checkpoint was signed for {published}: entries were removed, or "
            "an old backup was restored; nothing more is signed"
        )
    try:
        found = fold(span(0, published), frontier)
    except KeyError:
        found = b""
    if found != root:
        raise TamperedLogError(
            f"the tree over the first {published} entries no longer has the root that was signed: run 'modelkeep audit "
            "verify' to see what was changed; nothing more is signed"
        )


def _check_leaves(leaves: Sequence[StoredLeaf], first: int) -> None:
    for place, leaf in enumerate(leaves, first):
        if leaf.seq != place:
            raise TamperedLogError(f"entry {place} of the audit log is missing; nothing more is signed")
        if leaf.payload is not None and leaf_hash(leaf.payload) != leaf.hash:
            raise TamperedLogError(f"entry {place} of the audit log was changed; nothing more is signed")
