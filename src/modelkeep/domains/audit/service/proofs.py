"""What anybody who may read the log can have of its tree: checkpoints, proofs, keys and the state of anchors."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.audit.domain.checkpoints import ConsistencyProof, InclusionProof
from modelkeep.domains.audit.domain.entries import EntryNotFoundError
from modelkeep.domains.audit.domain.log_keys import LogKey
from modelkeep.domains.audit.operations import folded, newest_checkpoint, not_published
from modelkeep.domains.audit.repository import AnchorRepository, AnchorState, StoredCheckpoint, TreeRepository
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.merkle import consistency_spans, inclusion_spans
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class ProofService:
    """Answers from stored nodes: a proof costs a few dozen rows, however long the log is."""

    database: Database
    access: AccessService

    def checkpoint(self, actor: Actor, size: int | None = None) -> StoredCheckpoint:
        """Return the newest checkpoint, or the first one of at least a size.

        Raises:
            EntryNotFoundError: the log has not so many entries.
            NotPublishedError: there is none yet.
        """
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            return newest_checkpoint(TreeRepository(tx.session), size)

    def inclusion(self, actor: Actor, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the tree of the newest checkpoint, or of the first one of at least a size.

        Raises:
            EntryNotFoundError: there is no such entry, or the log has not so many.
            NotPublishedError: no checkpoint covers it yet.
        """
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            tree = TreeRepository(tx.session)
            leaf = tree.leaf(seq) if seq >= 0 else None
            if leaf is None or leaf.seq != seq:
                raise EntryNotFoundError(f"the audit log has no entry {seq}; 'modelkeep audit list' shows those it has")
            checkpoint = newest_checkpoint(TreeRepository(tx.session), size)
            if checkpoint.size <= seq:
                raise not_published(seq + 1)
            hashes = folded(tree, inclusion_spans(seq, checkpoint.size))
        return InclusionProof(seq, leaf.hash, leaf.payload, tuple(hashes), checkpoint.size, checkpoint.note)

    def consistency(self, actor: Actor, old: int, new: int) -> ConsistencyProof:
        """Prove that the tree of one size continues that of another.

        Raises:
            InvalidValueError: the old size is less than one, or the larger one.
            EntryNotFoundError: the log has fewer entries than the new size.
            NotPublishedError: no checkpoint covers the new size yet.
        """
        if not 0 < old <= new:
            raise InvalidValueError(f"there is no proof from {old} to {new}: sizes start at 1, the older one first")
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            newest_checkpoint(TreeRepository(tx.session), new)
            hashes = folded(TreeRepository(tx.session), consistency_spans(old, new))
        return ConsistencyProof(old, new, hashes)

    def keys(self, actor: Actor) -> Sequence[LogKey]:
        """Return the keys that have signed the log, oldest first."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            return TreeRepository(tx.session).log_keys()

    def anchors(self, actor: Actor) -> Sequence[AnchorState]:
        """Return how far each anchor has got, and what was wrong the last time."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            return AnchorRepository(tx.session).list()
