"""Computes the whole tree anew from the entries, and compares it with all that is stored about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelkeep.domains.audit.domain.log_keys import LogKey
from modelkeep.domains.audit.domain.privacy import bodies_gone_before
from modelkeep.domains.audit.repository import StoredCheckpoint, StoredLeaf, TreeRepository
from modelkeep.domains.audit.service.publisher import BATCH
from modelkeep.kernel.merkle import Node, fold, grown, leaf_hash, span
from modelkeep.platform.database import Database
from modelkeep.platform.signing import verify


@dataclass(frozen=True, slots=True)
class LogCheckService:
    """Finds what does not fit within the database. What nobody there can find is for checkpoints kept elsewhere."""

    database: Database

    def check(self, *, repair: bool = False) -> Iterator[str]:
        """Yield what is wrong, entry by entry.

        With `repair`, nodes are stored anew where they are missing or differ: they are made from the entries, and may
        be lost. Entries, checkpoints and keys are never changed.
        """
        frontier: dict[Node, bytes] = {}
        size, bare = 0, _Bare()
        while True:
            with self.database.snapshot() as tx:
                tree = TreeRepository(tx.session)
                total, published = tree.progress()
                leaves = tree.leaves(size, BATCH)
                nodes = grown(size, [leaf.hash for leaf in leaves], frontier)
                end = size + len(leaves)
                checkpoints, keys = tree.checkpoints(size, end), tree.log_keys()
                wanted = {node: found for node, found in nodes.items() if _is_stored(node, published)}
                stored = tree.nodes(wanted)
            yield from _leaf_faults(leaves, size)
            bare.take(leaves)
            differing = {node: found for node, found in wanted.items() if stored.get(node) != found}
            yield from _node_faults(differing)
            for checkpoint in checkpoints:
                yield from _checkpoint_faults(checkpoint, frontier | nodes, keys)
            if repair and differing:
                with self.database.transaction() as tx:
                    TreeRepository(tx.session).replace_nodes(differing)
            frontier = {node: (frontier | nodes)[node] for node in span(0, end)}
            size = end
            if len(leaves) < BATCH:
                break
        yield from bare.faults()
        if size != total or size < published:
            yield f"there are {size} entries; the head of the log says {total}, and {published} were signed"


@dataclass(slots=True)
class _Bare:
    """The entries without a body, and the number below which later entries say that retention let bodies go."""

    runs: list[range] = field(default_factory=list)
    pruned_before: int = 0

    def take(self, leaves: Sequence[StoredLeaf]) -> None:
        for leaf in leaves:
            if leaf.payload is None:
                goes_on = self.runs and self.runs[-1].stop == leaf.seq
                first = self.runs.pop().start if goes_on else leaf.seq
                self.runs.append(range(first, leaf.seq + 1))
            elif leaf_hash(leaf.payload) == leaf.hash:
                self.pruned_before = max(self.pruned_before, min(leaf.seq, bodies_gone_before(leaf.payload)))

    def faults(self) -> Iterator[str]:
        for run in self.runs:
            first, last = max(run.start, self.pruned_before), run.stop - 1
            if first <= last:
                yield f"entries {first} to {last} have no body, and no entry says that retention let it go"


def _is_stored(node: Node, published: int) -> bool:
    return node.level > 0 and (node.offset + 1) << node.level <= published


def _leaf_faults(leaves: Sequence[StoredLeaf], first: int) -> Iterator[str]:
    for place, leaf in enumerate(leaves, first):
        if leaf.seq != place:
            yield f"entry {place} is missing"
            return
        if leaf.payload is not None and leaf_hash(leaf.payload) != leaf.hash:
            yield f"entry {place} is not the one that was hashed"


def _node_faults(differing: Mapping[Node, bytes]) -> Iterator[str]:
    """Name the lowest nodes that differ: those above them differ because of them."""
    lowest = min((node.level for node in differing), default=0)
    for node in sorted(differing):
        if node.level == lowest:
            first = node.offset << node.level
            yield f"the node over entries {first} to {first + (1 << node.level) - 1} is missing or is not theirs"


def _checkpoint_faults(
    checkpoint: StoredCheckpoint, nodes: Mapping[Node, bytes], keys: Sequence[LogKey]
) -> Iterator[str]:
    name = f"the checkpoint of {checkpoint.size} entries"
    if fold(span(0, checkpoint.size), nodes) != checkpoint.root:
        yield f"{name} was signed over other entries than those that are there"
    valid = [
        key.verifier
        for key in keys
        if key.valid_from <= checkpoint.size <= (checkpoint.size if key.valid_to is None else key.valid_to)
    ]
    text = checkpoint.note.text.encode()
    if not any(
        line.by(key) and verify(key.public, text, line.payload) for key in valid for line in checkpoint.note.signatures
    ):
        yield f"{name} has no signature of a key of the log"
