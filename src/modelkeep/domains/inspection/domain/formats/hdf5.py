"""HDF5: groups, datasets with their types and shapes, and short attributes; the elements are not read.

Read are files as h5py and Keras write them: superblocks 0 to 3, symbol tables, compact links, headers of both kinds.
Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.facts import Span, Tensor
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
_WIDTH: Final = 8
_NOWHERE: Final = 2**64 - 1
_MOST_BLOCKS: Final = 1000
_MOST_DEPTH: Final = 64
_MOST_TEXT: Final = 4 * 2**20
_SPACE, _LINK_INFO, _TYPE, _LINK, _LAYOUT, _ATTRIBUTE, _CONTINUATION, _SYMBOLS = 1, 2, 3, 6, 8, 12, 16, 17
_DENSE_LINKS_AT: Final = {0: 2, 1: 10, 2: 2, 3: 10}


@dataclass(frozen=True, slots=True)
class Message:
    """One part of an object's header: what it is about, and where it lies."""

    kind: int
    start: int
    length: int


@dataclass(slots=True)
class Contents:
    """What a file holds."""

    datasets: list[Tensor] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    """Texts of the root group."""
    unread: int = 0
    """Groups whose members are kept in a way that is not read."""


def read_contents(window: Window) -> Contents:
    """Walk through the groups.

    Raises:
        UnreadableFileError: it is no such file, or a broken one.
    """
    found, seen = Contents(), set[int]()
    root = _root(window)
    waiting: list[tuple[str, int, int]] = [("", root, 0)]
    while waiting:
        name, address, depth = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > MOST_TENSORS or depth > _MOST_DEPTH:
            raise UnreadableFileError("it holds more groups and datasets than are read")
        messages = list(_messages(window, address))
        if address == root:
            found.attributes = dict(_texts(window, messages))
        dataset = _dataset(window, messages, name)
        if dataset is not None:
            found.datasets.append(dataset)
            continue
        members = [(f"{name}/{member}" if name else member, at, depth + 1) for member, at in _members(window, messages)]
        found.unread += any(_is_dense(window, message) for message in messages)
        waiting.extend(reversed(members))
    return found


def _root(window: Window) -> int:
    if window.head(len(MAGIC)) != MAGIC:
        raise UnreadableFileError("it does not begin as HDF5 does")
    version = window.u8(8)
    if version in (0, 1):
        widths, place = (window.u8(13), window.u8(14)), 64 + 4 * version
    elif version in (2, 3):
        widths, place = (window.u8(9), window.u8(10)), 36
    else:
        raise UnreadableFileError(f"its superblock has the unknown version {version}")
    if widths != (_WIDTH, _WIDTH):
        raise UnreadableFileError("its addresses do not have eight bytes")
    return window.u64(place)


def _messages(window: Window, address: int) -> Iterator[Message]:
    """Yield the parts of an object's header, of the blocks that continue it as well."""
    if window.read(address, 4) == b"OHDR":
        flags = window.u8(address + 5)
        start = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(window.read(start, width), "little")
        yield from _blocks(window, start + width, length, 6 if flags & 4 else 4)
    elif window.u8(address) == 1:
        yield from _blocks(window, address + 16, window.u32(address + 8), 8)
    else:
        raise UnreadableFileError(f"there is no object at {address}")


def _blocks(window: Window, start: int, length: int, prefix: int) -> Iterator[Message]:
    waiting, blocks = [(start, length)], 0
    while waiting:
        place, left = waiting.pop(0)
        end, blocks = place + left, blocks + 1
        if blocks > _MOST_BLOCKS or end > window.size:
            raise UnreadableFileError("a header goes on beyond the file, or without end")
        while place + prefix <= end:
            message = _message(window, place, prefix)
            place = message.start + message.length
            if place > end:
                raise UnreadableFileError("a part of a header reaches beyond it")
            if message.kind == _CONTINUATION:
                waiting.append(_continued(window, message, prefix))
            yield message


def _message(window: Window, place: int, prefix: int) -> Message:
    if prefix == 8:  # noqa: PLR2004 - the first kind of header
        return Message(window.u16(place), place + prefix, window.u16(place + 2))
    return Message(window.u8(place), place + prefix, window.u16(place + 1))


def _continued(window: Window, message: Message, prefix: int) -> tuple[int, int]:
    start, length = window.u64(message.start), window.u64(message.start + 8)
    if prefix == 8:  # noqa: PLR2004 - the first kind of header
        return start, length
    return start + 4, max(length - 8, 0)


def _members(window: Window, messages: list[Message]) -> Iterator[tuple[str, int]]:
    for message in messages:
        if message.kind == _SYMBOLS:
            yield from _symbols(window, window.u64(message.start), window.u64(message.start + 8))
        elif message.kind == _LINK and (linked := _link(window, message)) is not None:
            yield linked


def _symbols(window: Window, tree: int, heap: int) -> Iterator[tuple[str, int]]:
    if window.read(heap, 4) != b"HEAP":
        raise UnreadableFileError(f"there are no names at {heap}")
    names, size = window.u64(heap + 24), window.u64(heap + 8)
    waiting, nodes = [tree], 0
    while waiting:
        node, nodes = waiting.pop(0), nodes + 1
        if nodes > MOST_TENSORS:
            raise UnreadableFileError("a group has more parts than are read")
        signature = window.read(node, 4)
        if signature == b"TREE":
            waiting.extend(window.u64(node + 32 + 16 * place) for place in range(window.u16(node + 6)))
        elif signature == b"SNOD":
            for place in range(window.u16(node + 6)):
                entry = node + 8 + 40 * place
                offset = window.u64(entry)
                yield _name(window, names + offset, names + size), window.u64(entry + 8)
        else:
            raise UnreadableFileError(f"there is no part of a group at {node}")


def _name(window: Window, start: int, end: int) -> str:
    length = min(max(end - start, 0), 1024, max(window.size - start, 0))
    text, ended, _ = window.read(start, length).partition(b"\0")
    if not ended:
        raise UnreadableFileError(f"the name at {start} has no end")
    return text.decode("utf-8", "replace")


def _link(window: Window, message: Message) -> tuple[str, int] | None:
    flags, place = window.u8(message.start + 1), message.start + 2
    kind = 0
    if flags & 8:
        kind, place = window.u8(place), place + 1
    place += (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(window.read(place, width), "little")
    name = window.text(place + width, length, 1024)
    return (name, window.u64(place + width + length)) if kind == 0 else None


def _is_dense(window: Window, message: Message) -> bool:
    """Whether the members of a group are in a heap, where they are not looked for."""
    if message.kind != _LINK_INFO:
        return False
    flags = window.u8(message.start + 1)
    return window.u64(message.start + _DENSE_LINKS_AT[flags & 3]) != _NOWHERE


def _dataset(window: Window, messages: list[Message], name: str) -> Tensor | None:
    parts = {message.kind: message for message in messages}
    if not {_SPACE, _TYPE, _LAYOUT} <= parts.keys():
        return None
    shape = _shape(window, parts[_SPACE].start)
    return Tensor(name, _dtype(window, parts[_TYPE].start), shape, _span(window, parts[_LAYOUT].start))


def _shape(window: Window, start: int) -> tuple[int, ...]:
    version, rank = window.u8(start), window.u8(start + 1)
    first = start + (8 if version == 1 else 4)
    return checked_shape([window.u64(first + 8 * place) for place in range(rank)])


def _dtype(window: Window, start: int) -> str:
    kind, flags, size = window.u8(start) & 0x0F, window.u8(start + 1), window.u32(start + 4)
    if kind == 0:
        return f"{'int' if flags & 8 else 'uint'}{size * 8}"
    names = {1: f"float{size * 8}", 3: "string", 6: "compound", 8: "bool" if size == 1 else "enum", 9: "string"}
    return names.get(kind, f"type {kind}")


def _span(window: Window, start: int) -> Span | None:
    version, kind = window.u8(start), window.u8(start + 1)
    if version not in (3, 4) or kind != 1:
        return None
    address, length = window.u64(start + 2), window.u64(start + 10)
    if address == _NOWHERE:
        return None
    if address + length > window.size:
        raise UnreadableFileError("the elements of a dataset are not all in the file")
    return Span(address, length)


def _texts(window: Window, messages: list[Message]) -> Iterator[tuple[str, str]]:
    for message in messages:
        if message.kind == _ATTRIBUTE and (text := _attribute(window, message)) is not None:
            yield text


def _attribute(window: Window, message: Message) -> tuple[str, str] | None:
    """Return the name and the value of an attribute that is one text."""
    start, version = message.start, window.u8(message.start)
    sizes = [window.u16(start + 2 + 2 * place) for place in range(3)]
    place = start + (9 if version == 3 else 8)  # noqa: PLR2004 - one more byte for the character set
    places = []
    for size in sizes:
        places.append(place)
        place += -(-size // 8) * 8 if version == 1 else size
    name = _name(window, places[0], places[0] + sizes[0])
    kind, length = window.u8(places[1]) & 0x0F, window.u32(places[1] + 4)
    if window.u8(places[2] + 1) != 0:
        return None
    if kind == 3:  # noqa: PLR2004 - a text of fixed length
        return name, window.text(place, length, _MOST_TEXT).rstrip("\0")
    return (name, _in_heap(window, place)) if kind == 9 else None  # noqa: PLR2004 - a text of any length


def _in_heap(window: Window, place: int) -> str:
    heap, wanted = window.u64(place + 4), window.u32(place + 12)
    if window.read(heap, 4) != b"GCOL":
        raise UnreadableFileError(f"there are no texts at {heap}")
    end = heap + window.u64(heap + 8)
    item = heap + 16
    while item + 16 <= min(end, window.size):
        number, size = window.u16(item), window.u64(item + 8)
        if number == wanted:
            return window.text(item + 16, size, _MOST_TEXT).rstrip("\0")
        if number == 0:
            break
        item += 16 + -(-size // 8) * 8
    raise UnreadableFileError(f"the text {wanted} is not at {heap}")
