"""What anybody who may read the log can have of its tree: checkpoints, proofs, keys and the state of anchors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.audit.domain.checkpoints import ConsistencyProof, InclusionProof
from modelkeep.domains.audit.domain.entries import EntryNotFoundError
from modelkeep.domains.audit.domain.log_keys import LogKey
from modelkeep.domains.audit.repository import AnchorRepository, AnchorState, StoredCheckpoint, TreeRepository
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.merkle import Span, consistency_spans, fold, inclusion_spans
from modelkeep.platform.database import Database, Transaction


class NotPublishedError(RegistryError):
    """No checkpoint covers this much of the audit log yet; the next one is signed within a second."""

    kind = Kind.UNAVAILABLE
    code = "audit.not_published"


@dataclass(frozen=True, slots=True)
class ProofService:
    """Answers from stored nodes: a proof costs a few dozen rows, however long the log is."""

    database: Database
    access: AccessService

    def checkpoint(self, actor: Actor, size: int | None = None) -> StoredCheckpoint:
        """Return the newest checkpoint, or the first one of at least a size.

        Raises:
            NotPublishedError: there is none.
        """
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            return _checkpoint(tx, size)

    def inclusion(self, actor: Actor, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the tree of the newest checkpoint, or of the first one of at least a size.

        Raises:
            EntryNotFoundError: there is no such entry.
            NotPublishedError: no checkpoint covers it yet.
        """
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            tree = TreeRepository(tx.session)
            leaf = tree.leaf(seq) if seq >= 0 else None
            if leaf is None or leaf.seq != seq:
                raise EntryNotFoundError(f"the audit log has no entry {seq}; 'modelkeep audit list' shows those it has")
            checkpoint = _checkpoint(tx, size)
            if checkpoint.size <= seq:
                raise _not_published(seq + 1)
            hashes = _folded(tree, inclusion_spans(seq, checkpoint.size))
        return InclusionProof(seq, leaf.hash, leaf.payload, tuple(hashes), checkpoint.size, checkpoint.note)

    def consistency(self, actor: Actor, old: int, new: int) -> ConsistencyProof:
        """Prove that the tree of one size continues that of another.

        Raises:
            InvalidValueError: the old size is less than one, or the larger one.
            NotPublishedError: no checkpoint covers the new size yet.
        """
        if not 0 < old <= new:
            raise InvalidValueError(f"there is no proof from {old} to {new}: sizes start at 1, the older one first")
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            _checkpoint(tx, new)
            hashes = _folded(TreeRepository(tx.session), consistency_spans(old, new))
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


def _checkpoint(tx: Transaction, size: int | None) -> StoredCheckpoint:
    tree = TreeRepository(tx.session)
    found = tree.newest() if size is None else tree.first_from(size)
    if found is None:
        raise _not_published(size or 1)
    return found


def _not_published(size: int) -> NotPublishedError:
    return NotPublishedError(
        f"no checkpoint of {size} entries or more is signed yet: try again in a second; if that does not help, the "
        "server's log says what stops it",
        size=size,
    )


def _folded(tree: TreeRepository, spans: Iterable[Span]) -> list[bytes]:
    wanted = tuple(spans)
    known = tree.nodes(node for parts in wanted for node in parts)
    return [fold(parts, known) for parts in wanted]
