"""Follows the operations of a pickle without doing them: nothing is imported, called or built.

Source: pickletools of the standard library, which describes every operation.
"""

import pickletools
from collections.abc import Callable, Mapping
from io import SEEK_CUR, BufferedReader, RawIOBase
from math import prod
from struct import unpack
from typing import IO, BinaryIO, Final, cast

from modelkeep.domains.inspection.domain.facts import Span
from modelkeep.domains.inspection.domain.formats.dtypes import checked_shape, item_bytes
from modelkeep.domains.inspection.domain.formats.pickle_values import (
    Array,
    Blob,
    Call,
    Global,
    Pairs,
    Persistent,
    Value,
    dtype_of,
)
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError

MOST_OPERATIONS: Final = 800_000
_MOST_LINE: Final = 64 * 1024
_LONG: Final = 64 * 1024
_MARK: Final = object()
_OPERATIONS: Final = {operation.code.encode("latin-1"): operation for operation in pickletools.opcodes}
_SIZED: Final[Mapping[str, tuple[str, int]]] = {
    "BINBYTES": ("<I", 4),
    "BINBYTES8": ("<Q", 8),
    "BYTEARRAY8": ("<Q", 8),
    "BINSTRING": ("<i", 4),
    "BINUNICODE": ("<I", 4),
    "BINUNICODE8": ("<Q", 8),
    "LONG4": ("<i", 4),
}
_WRAPPERS: Final = ("joblib.numpy_pickle.NumpyArrayWrapper",)
_MOST_PICKLES: Final = 10_000
_MOST_DEPTH: Final = 16
_MOST_KEPT: Final = 64 * 2**20
_MOST_SPAN: Final = 2**50


class _Lines:
    """A file whose lines are short."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.read = file, file.read

    def readline(self) -> bytes:
        """Return a line; without its end if it is long, which `pickletools` refuses."""
        return self._file.readline(_MOST_LINE)


class PickleMachine:
    """The values that a stream of pickles would build, one `load` for each."""

    def __init__(self, file: RawIOBase, *, in_place: bool) -> None:
        """Begin at the start of a file; spans are of use only if its bytes are those of the model's file."""
        self.file = cast("BinaryIO", BufferedReader(file, _LONG))
        self.globals: dict[Global, None] = {}
        self._in_place = in_place
        self._operations = MOST_OPERATIONS
        self._nested, self._depth = 0, 0
        self._kept = _MOST_KEPT

    def load(self) -> Value:
        """Follow one pickle to its end, and return what it would build.

        Raises:
            UnreadableFileError: it is broken, or has too many operations.
        """
        run = _Run(self)
        while True:
            self._operations -= 1
            if self._operations < 0:
                raise UnreadableFileError(f"it has more than {MOST_OPERATIONS} operations")
            operation, argument = self._next()
            if operation == "STOP":
                return run.pop()
            handle = _HANDLERS.get(operation)
            try:
                if handle is not None:
                    handle(run, argument)
                else:
                    run.push(argument)
            except (IndexError, TypeError, ValueError):
                raise UnreadableFileError(f"its operation {operation} does not fit what is before it") from None

    def nested(self) -> Value:
        """Follow a pickle that lies within another."""
        self._nested += 1
        self._depth += 1
        if self._nested > _MOST_PICKLES or self._depth > _MOST_DEPTH:
            raise UnreadableFileError("it holds too many pickles within each other")
        value = self.load()
        self._depth -= 1
        return value

    def span(self, length: int) -> Span | None:
        """Pass over bytes, and return where they lie."""
        start = self.file.tell()
        if length > _MOST_SPAN:
            raise UnreadableFileError(f"an array of {length} bytes is in no file")
        if length:
            self.file.seek(length - 1, SEEK_CUR)
            if not self.file.read(1):
                raise UnreadableFileError("it ends within an array")
        return Span(start, length) if self._in_place else None

    def _next(self) -> tuple[str, Value]:
        code = self.file.read(1)
        known = _OPERATIONS.get(code)
        if known is None:
            raise UnreadableFileError("it is no pickle, or ends before its end")
        if known.name in _SIZED:
            return known.name, self._sized(known.name)
        if known.arg is None:
            return known.name, None
        try:
            return known.name, known.arg.reader(cast("IO[bytes]", _Lines(self.file)))
        except (ValueError, UnicodeError, OverflowError):
            raise UnreadableFileError(f"the argument of its operation {known.name} is broken") from None

    def _sized(self, name: str) -> Value:
        """Return the bytes, text or number of an operation; what is long is left where it is."""
        code, size = _SIZED[name]
        prefix = self.file.read(size)
        if len(prefix) < size:
            raise UnreadableFileError("it ends within an operation")
        (length,) = unpack(code, prefix)
        if length < 0:
            raise UnreadableFileError("it has an argument of negative length")
        if length > _LONG:
            return Blob(self.span(length) or Span(0, length))
        data = self.file.read(length)
        self._kept -= length
        if len(data) < length or self._kept < 0:
            raise UnreadableFileError("it ends within an operation, or has too much text")
        if name.startswith("BINUNICODE"):
            return data.decode("utf-8", "backslashreplace")
        return int.from_bytes(data, "little", signed=True) if name == "LONG4" else data


class _Run:
    """The stack and the memo of one pickle."""

    def __init__(self, machine: PickleMachine) -> None:
        self.machine = machine
        self.stack: list[Value] = []
        self.memo: dict[int, Value] = {}

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Value:
        """Take a value from the stack."""
        if not self.stack or self.stack[-1] is _MARK:
            raise UnreadableFileError("it takes what is not there")
        return self.stack.pop()

    def top(self) -> Value:
        """Look at the value on the stack."""
        value = self.pop()
        self.stack.append(value)
        return value

    def marked(self) -> list[Value]:
        """Take all since the last mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise UnreadableFileError("it looks for a mark that is not there")

    def name(self, module: Value, name: Value) -> None:
        """Push what an import would bring."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise UnreadableFileError("it imports what only shows when it is run")
        found = Global(module, name)
        self.machine.globals[found] = None
        self.push(found)


def _put(run: _Run, argument: Value) -> None:
    run.memo[int(argument)] = run.top()


def _memoize(run: _Run, _argument: Value) -> None:
    run.memo[len(run.memo)] = run.top()


def _get(run: _Run, argument: Value) -> None:
    if argument not in run.memo:
        raise UnreadableFileError("it recalls what it has not kept")
    run.push(run.memo[argument])


def _global(run: _Run, argument: Value) -> None:
    module, _, name = str(argument).partition(" ")
    run.name(module, name)


def _stack_global(run: _Run, _argument: Value) -> None:
    name = run.pop()
    run.name(run.pop(), name)


def _inst(run: _Run, argument: Value) -> None:
    arguments = tuple(run.marked())
    _global(run, argument)
    run.push(Call(run.pop(), arguments))


def _obj(run: _Run, _argument: Value) -> None:
    function, *arguments = run.marked()
    run.push(Call(function, tuple(arguments)))


def _reduce(run: _Run, _argument: Value) -> None:
    arguments = run.pop()
    run.push(Call(run.pop(), arguments))


def _newobj_ex(run: _Run, _argument: Value) -> None:
    run.pop()
    _reduce(run, None)


def _build(run: _Run, _argument: Value) -> None:
    state, target = run.pop(), run.top()
    if isinstance(target, Call):
        target.state = state
        if _is_wrapper(target.function) or _is_wrapper(target.argument(0)):
            run.pop()
            run.push(_joblib_array(run.machine, state))


def _is_wrapper(value: Value) -> bool:
    return isinstance(value, Global) and str(value) in _WRAPPERS


def _joblib_array(machine: PickleMachine, state: Value) -> Value:
    """Return the array whose bytes follow; joblib writes them between two operations."""
    if not isinstance(state, Pairs):
        raise UnreadableFileError("it describes an array by something else than a dictionary")
    dtype, shape = dtype_of(state.get("dtype")), checked_shape(state.get("shape"))
    if dtype == "object":
        machine.nested()
        return Array(dtype, shape)
    if state.get("numpy_array_alignment_bytes") is not None:
        padding = machine.file.read(1)
        machine.span(padding[0] if padding else 1)
    size = item_bytes(dtype)
    if size is None:
        raise UnreadableFileError(f"it has an array of the unknown type {dtype[:40]}")
    return Array(dtype, shape, machine.span(prod(shape) * size))


def _append(run: _Run, _argument: Value) -> None:
    value = run.pop()
    _extend(run.top(), [value])


def _appends(run: _Run, _argument: Value) -> None:
    values = run.marked()
    _extend(run.top(), values)


def _extend(target: Value, values: list[Value]) -> None:
    if isinstance(target, list):
        target.extend(values)
    elif isinstance(target, Call):
        target.elements.extend(values)


def _set_item(run: _Run, _argument: Value) -> None:
    value = run.pop()
    key = run.pop()
    _set(run.top(), [key, value])


def _set_items(run: _Run, _argument: Value) -> None:
    values = run.marked()
    _set(run.top(), values)


def _set(target: Value, values: list[Value]) -> None:
    if isinstance(target, Pairs | Call):
        target.items.extend(zip(values[::2], values[1::2], strict=True))


def _dict(run: _Run, _argument: Value) -> None:
    values = run.marked()
    run.push(Pairs(list(zip(values[::2], values[1::2], strict=True))))


def _tuple_of(count: int) -> Callable[[_Run, Value], None]:
    def handle(run: _Run, _argument: Value) -> None:
        values = [run.pop() for _ in range(count)]
        run.push(tuple(reversed(values)))

    return handle


def _pop_mark(run: _Run, _argument: Value) -> None:
    run.marked()


def _pop(run: _Run, _argument: Value) -> None:
    if not run.stack:
        raise UnreadableFileError("it takes what is not there")
    run.stack.pop()


def _nothing(_run: _Run, _argument: Value) -> None:
    """These say how what follows is framed or buffered."""


def _extension(_run: _Run, argument: Value) -> None:
    raise UnreadableFileError(f"it uses the extension registry ({argument}), whose names are not in the file")


_HANDLERS: Final[Mapping[str, Callable[[_Run, Value], None]]] = {
    "PROTO": _nothing,
    "FRAME": _nothing,
    "READONLY_BUFFER": _nothing,
    "MARK": lambda run, _: run.push(_MARK),
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": lambda run, _: run.push(run.top()),
    "NONE": lambda run, _: run.push(None),
    "NEWTRUE": lambda run, _: run.stack.append(True),
    "NEWFALSE": lambda run, _: run.stack.append(False),
    "NEXT_BUFFER": lambda run, _: run.push(Persistent("buffer")),
    "EMPTY_LIST": lambda run, _: run.push([]),
    "EMPTY_TUPLE": lambda run, _: run.push(()),
    "EMPTY_DICT": lambda run, _: run.push(Pairs()),
    "EMPTY_SET": lambda run, _: run.push([]),
    "LIST": lambda run, _: run.push(run.marked()),
    "TUPLE": lambda run, _: run.push(tuple(run.marked())),
    "FROZENSET": lambda run, _: run.push(run.marked()),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "MEMOIZE": _memoize,
    "GET": _get,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _inst,
    "OBJ": _obj,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _newobj_ex,
    "BUILD": _build,
    "PERSID": lambda run, argument: run.push(Persistent(argument)),
    "BINPERSID": lambda run, _: run.push(Persistent(run.pop())),
    "EXT1": _extension,
    "EXT2": _extension,
    "EXT4": _extension,
}
