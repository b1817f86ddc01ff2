"""Hash trees: the vectors of Certificate Transparency, every proof of small trees, and none that was altered."""

import hashlib
import random
from collections.abc import Mapping

import pytest
from tests.soak import rounds

from modelkeep.kernel.merkle import (
    EMPTY_ROOT,
    Node,
    Span,
    consistency_spans,
    continues,
    fold,
    grown,
    includes,
    inclusion_spans,
    leaf_hash,
    node_hash,
    span,
)

LARGEST = 128
# The eight inputs and roots that the reference implementation of RFC 6962 tests itself with.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

LEAVES = [leaf_hash(b"%d" % place) for place in range(LARGEST)]
NODES = grown(0, LEAVES, {})


def root(size: int) -> bytes:
    return fold(span(0, size), NODES)


def proof(spans: tuple[Span, ...], known: Mapping[Node, bytes] = NODES) -> list[bytes]:
    return [fold(parts, known) for parts in spans]


def root_by_definition(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 section 2.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(root_by_definition(leaves[:half]), root_by_definition(leaves[half:]))


def test_the_known_vectors() -> None:
    leaves = [leaf_hash(bytes.fromhex(data)) for data in INPUTS]
    nodes = grown(0, leaves, {})
    assert [fold(span(0, size), nodes).hex() for size in range(1, 9)] == ROOTS
    assert fold((), {}) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_the_root_of_each_size_is_the_one_by_definition(size: int) -> None:
    assert root(size) == root_by_definition(LEAVES[:size])


def test_a_tree_that_grows_in_steps_has_the_same_nodes() -> None:
    random_steps = random.Random(7)  # noqa: S311 - repeatable
    nodes: dict[Node, bytes] = {}
    size = 0
    while size < LARGEST:
        end = min(LARGEST, size + random_steps.randint(1, 9))
        nodes |= grown(size, LEAVES[size:end], {node: nodes[node] for node in span(0, size)})
        size = end
    assert nodes == NODES


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_is_proved_and_nothing_else(size: int) -> None:
    for index in range(size):
        shown = proof(inclusion_spans(index, size))
        assert includes(root(size), size, index, LEAVES[index], shown)
        assert not includes(root(size), size, index, LEAVES[(index + 1) % LARGEST], shown)
        assert not includes(root(size), size + 1, index, LEAVES[index], [*shown, root(1)])
        assert not includes(root(size), size, index, LEAVES[index], [*shown, LEAVES[0]])
        if size > 1:
            assert not includes(root(size), size, (index + 1) % size, LEAVES[index], shown)
            assert not includes(root(size), size, index, LEAVES[index], shown[:-1])


@pytest.mark.parametrize("new", range(1, LARGEST + 1))
def test_every_growth_is_proved_and_nothing_else(new: int) -> None:
    for old in range(1, new + 1):
        shown = proof(consistency_spans(old, new))
        assert continues((old, root(old)), (new, root(new)), shown)
        assert not continues((old, LEAVES[0] if old > 1 else LEAVES[1]), (new, root(new)), shown)
        assert not continues((old, root(old)), (new, LEAVES[127]), shown)
        assert not continues((old, root(old)), (new, root(new)), [*shown, LEAVES[0]])
        if shown:
            assert not continues((old, root(old)), (new, root(new)), shown[:-1])
            assert not continues((old, root(old)), (new, root(new)), [])


def test_an_altered_proof_is_refused() -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable
    for _ in range(rounds(ci=2_000, soak=10_000)):
        size = chance.randint(2, LARGEST)
        index, old = chance.randrange(size), chance.randint(1, size - 1)
        path = proof(inclusion_spans(index, size))
        assert not includes(root(size), size, index, LEAVES[index], flipped(path, chance))
        growth = proof(consistency_spans(old, size))
        assert not continues((old, root(old)), (size, root(size)), flipped(growth, chance))


def flipped(shown: list[bytes], chance: random.Random) -> list[bytes]:
    """Return a proof with one bit turned."""
    place, bit = chance.randrange(len(shown)), chance.randrange(256)
    changed = bytearray(shown[place])
    changed[bit // 8] ^= 1 << bit % 8
    return [*shown[:place], bytes(changed), *shown[place + 1 :]]


def test_everything_continues_the_empty_tree() -> None:
    assert continues((0, EMPTY_ROOT), (3, root(3)), [])
    assert not continues((0, root(1)), (3, root(3)), [])
    assert not continues((4, root(4)), (3, root(3)), [root(1)])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_spans(index, size)
    assert not includes(root(max(size, 1)), size, index, LEAVES[0], [])


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_no_proof_is_made_for_a_tree_that_does_not_continue(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not continue"):
        consistency_spans(old, new)
