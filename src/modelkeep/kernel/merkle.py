"""Hash trees: roots, proofs of inclusion and proofs of consistency (RFC 6962 section 2.1, RFC 9162 section 2.1).

A tree is kept as the hashes of its *complete subtrees*: `Node(level, offset)` covers the leaves from
`offset * 2**level` to before `(offset + 1) * 2**level`. They never change as the tree grows, so that a tree of any size
can be proved from them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Final, NamedTuple, TypeAlias

LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class Node(NamedTuple):
    """The place of a complete subtree: its height, and how many of that height are to its left."""

    level: int
    offset: int


Span: TypeAlias = tuple[Node, ...]
"""Consecutive leaves as complete subtrees, from left to right; their hashes fold into one."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes; its prefix tells it from a node."""
    return hashlib.sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees, 32 bytes."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def span(begin: int, end: int) -> Span:
    """Return the complete subtrees that make up the leaves from `begin` to before `end`, from left to right.

    `begin` must be a multiple of the greatest power of two below the number of leaves, as for every subtree of a tree.
    """
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return tuple(nodes)


def fold(parts: Span, known: Mapping[Node, bytes]) -> bytes:
    """Return the hash over the leaves of a span; that of none is the hash of the empty tree.

    Raises:
        KeyError: the hash of a part is not known.
    """
    if not parts:
        return EMPTY_ROOT
    hashes = [known[part] for part in reversed(parts)]
    return reduce(lambda right, left: node_hash(left, right), hashes[1:], hashes[0])


def grown(size: int, leaves: Sequence[bytes], frontier: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """Return the complete subtrees that appear when leaves are appended to a tree.

    Args:
        size: how many leaves the tree has.
        leaves: the hashes of those that are appended.
        frontier: the hashes of `span(0, size)`.
    """
    appended: dict[Node, bytes] = {}
    open_nodes = {node.level: frontier[node] for node in span(0, size)}
    for place, leaf in enumerate(leaves, size):
        level, current = 0, leaf
        appended[Node(0, place)] = leaf
        while (place >> level) & 1:
            current = node_hash(open_nodes.pop(level), current)
            level += 1
            appended[Node(level, place >> level)] = current
        open_nodes[level] = current
    return appended


def inclusion_spans(index: int, size: int) -> tuple[Span, ...]:
    """Return what the proof that leaf `index` is in a tree of `size` leaves is made of: a span for each hash.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return tuple(_path(index, 0, size))


def _path(index: int, begin: int, end: int) -> Iterator[Span]:
    if end - begin == 1:
        return
    middle = begin + _split(end - begin)
    if index < middle:
        yield from _path(index, begin, middle)
        yield span(middle, end)
    else:
        yield from _path(index, middle, end)
        yield span(begin, middle)


def consistency_spans(old: int, new: int) -> tuple[Span, ...]:
    """Return what the proof that a tree of `new` leaves continues one of `old` is made of: a span for each hash.

    Raises:
        ValueError: the old tree is empty or larger than the new one.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves does not continue one of {old}")
    return tuple(_continuation(old, 0, new, known=True))


def _continuation(old: int, begin: int, end: int, *, known: bool) -> Iterator[Span]:
    """Walk SUBPROOF of RFC 6962 section 2.1.2; `known` says that the verifier has the old tree's hash of this part."""
    if old == end:
        if not known:
            yield span(begin, end)
        return
    middle = begin + _split(end - begin)
    if old <= middle:
        yield from _continuation(old, begin, middle, known=known)
        yield span(middle, end)
    else:
        yield from _continuation(old, middle, end, known=False)
        yield span(begin, middle)


def _split(count: int) -> int:
    """Return the greatest power of two below `count`, which is two or more."""
    return 1 << ((count - 1).bit_length() - 1)


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether a proof shows that a leaf's hash is at a place of the tree with this root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            current = node_hash(sibling, current)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and current == root


def continues(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Say whether a proof shows that the tree `new` (size, root) begins with the tree `old` (RFC 9162 2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size in (new_size, 0):
        return not proof and (old_root == new_root if old_size == new_size else old_root == EMPTY_ROOT)
    if not 0 < old_size < new_size or not proof:
        return False
    hashes = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
