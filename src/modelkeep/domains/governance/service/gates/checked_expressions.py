"""What an expression names, read from the tree that cel-cpp has checked.

The tree is a `cel.expr.CheckedExpr` of the CEL specification (`cel/expr/checked.proto`, `syntax.proto`), in the wire
form of protocol buffers, of which these few lines read what is needed.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from modelkeep.domains.governance.domain.gates.engine import Reference
from modelkeep.domains.governance.domain.gates.facts import Path

_CONST, _IDENT, _SELECT, _CALL, _STRUCT = 3, 4, 5, 6, 8
_TEXT, _TEST_ONLY = 6, 3
_INDEX: Final = b"_[_]"
_ENTRIES: Final = 2
_OF_ENTRY: Final = (3, 4)
# Which fields of what makes up an expression are expressions: of a member, a call, a list, a comprehension.
_INNER: Final[Mapping[int, tuple[int, ...]]] = {5: (1,), 6: (1, 3), 7: (1,), 9: (2, 4, 5, 6, 7)}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS: Final = {_FIXED64: 8, _FIXED32: 4}


def references_in(serialized: bytes) -> Iterator[Reference]:
    """Yield what a serialized `google.protobuf.Any` of a checked expression names: identifiers and their members."""
    yield from _references(_last(_last(serialized, 2), 4))


def _references(expression: bytes) -> Iterator[Reference]:
    path, tested = _path(expression)
    if path:
        yield Reference(path, tested)
        if tested and len(path) > 2:  # noqa: PLR2004 - the fact itself is always there
            yield Reference(path[:-1])
        return
    for kind, node in _messages(expression):
        for inner in _inside(kind, node):
            yield from _references(inner)


def _inside(kind: int, node: bytes) -> Iterator[bytes]:
    """Yield the expressions that a part of one is made of."""
    if kind == _STRUCT:
        for entry in _all(node, _ENTRIES):
            for field in _OF_ENTRY:
                yield from _all(entry, field)
    for field in _INNER.get(kind, ()):
        yield from _all(node, field)


def _path(expression: bytes) -> tuple[Path, bool]:
    """Return the way from an identifier through members of constant name, and whether its end is only tested."""
    for kind, node in _messages(expression):
        if kind == _IDENT:
            return (_last(node, 1).decode(),), False
        if kind == _SELECT:
            before, _ = _path(_last(node, 1))
            tested = (_TEST_ONLY, 1) in _fields(node)
            return ((*before, _last(node, 2).decode()), tested) if before else ((), False)
        if kind == _CALL:
            return _indexed(node), False
    return (), False


def _indexed(call: bytes) -> Path:
    arguments = _all(call, 3)
    if _last(call, 2) != _INDEX or len(arguments) != 2:  # noqa: PLR2004 - what is indexed, and by what
        return ()
    key = _all(_last(arguments[1], _CONST), _TEXT)
    before, _ = _path(arguments[0])
    return (*before, key[0].decode()) if before and key else ()


def _last(message: bytes, field: int) -> bytes:
    found = _all(message, field)
    return found[-1] if found else b""


def _all(message: bytes, field: int) -> list[bytes]:
    return [value for number, value in _messages(message) if number == field]


def _messages(message: bytes) -> Iterator[tuple[int, bytes]]:
    for number, value in _fields(message):
        if isinstance(value, bytes):
            yield number, value


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, form = tag >> 3, tag & 7
        if form == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if form == _BYTES:
            size, at = _varint(message, at)
        else:
            size = _WIDTHS[form]
        yield number, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, at
