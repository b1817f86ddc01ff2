"""What each opcode does to the machine. Source: PEP 307, 3154 and 574, and `pickle.py` of the standard library."""

from collections.abc import Callable
from typing import Final

from modelkeep.domains.inspection.domain.pickles import arguments
from modelkeep.domains.inspection.domain.pickles.machine import NESTED_WINDOW, Handler, Machine, new_tuple
from modelkeep.domains.inspection.domain.pickles.sightings import MalformedPickleError
from modelkeep.domains.inspection.domain.pickles.values import (
    MOST_TEXT,
    OPAQUE,
    THING,
    ArrayWrapper,
    Global,
    Mapping,
    Value,
)

_LAST_PROTOCOL: Final = 5


def _push(value: Value) -> Handler:
    def handler(machine: Machine) -> None:
        machine.stack.append(value)

    return handler


def _push_read(read: Callable[[Machine], Value]) -> Handler:
    def handler(machine: Machine) -> None:
        machine.stack.append(read(machine))

    return handler


def _skipped(read: Callable[[Machine], object]) -> Handler:
    def handler(machine: Machine) -> None:
        read(machine)
        machine.stack.append(THING)

    return handler


def _binary(width: int, *, is_signed: bool = False) -> Handler:
    """Bytes: they are looked into, and skipped."""

    def handler(machine: Machine) -> None:
        length = arguments.length(machine.stream, width, is_signed=is_signed)
        machine.nested(machine.stream.peek(min(length, NESTED_WINDOW)))
        machine.stream.skip(length)
        machine.stack.append(THING)

    return handler


def _text(width: int, *, is_signed: bool = False) -> Handler:
    """A text in UTF-8: kept if it is short, since it may become a name."""

    def handler(machine: Machine) -> None:
        length = arguments.length(machine.stream, width, is_signed=is_signed)
        if length <= MOST_TEXT:
            data = machine.stream.take(length)
            machine.nested(data)
            machine.stack.append(arguments.utf8(data))
        else:
            machine.nested(machine.stream.peek(min(length, NESTED_WINDOW)))
            machine.stream.skip(length)
            machine.stack.append(OPAQUE)

    return handler


def _old_text(width: int, *, is_signed: bool = False) -> Handler:
    """A text of Python 2: a text, or bytes, as who loads it decides."""

    def handler(machine: Machine) -> None:
        length = arguments.length(machine.stream, width, is_signed=is_signed)
        window = machine.stream.peek(min(length, NESTED_WINDOW))
        machine.nested(window)
        machine.stream.skip(length)
        machine.stack.append(arguments.known_text(window) if length <= MOST_TEXT else OPAQUE)

    return handler


def _text_line(machine: Machine) -> None:
    value = arguments.quoted_line(machine.stream)
    _look_into(machine, value)
    machine.stack.append(value)


def _unicode_line(machine: Machine) -> None:
    value = arguments.escaped_line(machine.stream)
    _look_into(machine, value)
    machine.stack.append(value)


def _look_into(machine: Machine, value: Value) -> None:
    if isinstance(value, str):
        machine.nested(value.encode("utf-8", "surrogatepass"))


def _proto(machine: Machine) -> None:
    if machine.stream.byte() > _LAST_PROTOCOL:
        raise MalformedPickleError("a protocol after 5")


def _frame(machine: Machine) -> None:
    machine.stream.take(8)


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


def _duplicate(machine: Machine) -> None:
    machine.stack.append(machine.top())


def _pop_mark(machine: Machine) -> None:
    machine.pop_mark()


def _tuple(machine: Machine) -> None:
    values = machine.pop_mark()
    machine.keep(values)
    machine.stack.append(new_tuple(values))


def _tuple_of(count: int) -> Handler:
    def handler(machine: Machine) -> None:
        values = [machine.pop() for _ in range(count)][::-1]
        machine.keep(values)
        machine.stack.append(tuple(values))

    return handler


def _collection(machine: Machine) -> None:
    machine.keep(machine.pop_mark())
    machine.stack.append(THING)


def _dict(machine: Machine) -> None:
    values = machine.pop_mark()
    mapping = Mapping({})
    machine.stack.append(mapping)
    _put_all(machine, values)


def _new_dict(machine: Machine) -> None:
    machine.stack.append(Mapping({}))


def _append(machine: Machine) -> None:
    value = machine.pop()
    _add(machine, [value])


def _appends(machine: Machine) -> None:
    _add(machine, machine.pop_mark())


def _add(machine: Machine, values: list[Value]) -> None:
    machine.keep(values)
    _refuse_names(machine)


def _set_item(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    _put_all(machine, [key, value])


def _set_items(machine: Machine) -> None:
    _put_all(machine, machine.pop_mark())


def _put_all(machine: Machine, values: list[Value]) -> None:
    if len(values) % 2:
        raise MalformedPickleError("a key without a value")
    machine.keep(values)
    _refuse_names(machine)
    target = machine.top()
    if isinstance(target, Mapping):
        for place in range(0, len(values), 2):
            target.put(values[place], values[place + 1])
    elif isinstance(target, ArrayWrapper):
        raise MalformedPickleError("an item of what has none")


def _refuse_names(machine: Machine) -> None:
    target = machine.top()
    if isinstance(target, Global):
        machine.suspect("pickle.changed_class", f"it changes {target.module}.{target.name} itself")


def _global(machine: Machine) -> None:
    module = arguments.name_line(machine.stream)
    machine.name(module, arguments.name_line(machine.stream))


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.name_by_values(module, name)


def _inst(machine: Machine) -> None:
    module = arguments.name_line(machine.stream)
    name = arguments.name_line(machine.stream)
    values = machine.pop_mark()
    machine.keep(values)
    machine.name(module, name)
    machine.call(machine.pop(), tuple(values))


def _obj(machine: Machine) -> None:
    values = machine.pop_mark()
    if not values:
        raise MalformedPickleError("an object without a class")
    machine.keep(values[1:])
    machine.call(values[0], tuple(values[1:]))


def _reduce(machine: Machine) -> None:
    values = machine.pop()
    machine.call(machine.pop(), values)


def _new_object(machine: Machine) -> None:
    values = machine.pop()
    machine.call(machine.pop(), values, is_new=True)


def _new_object_by_keywords(machine: Machine) -> None:
    machine.keep([machine.pop()])
    values = machine.pop()
    machine.call(machine.pop(), values)


def _build(machine: Machine) -> None:
    machine.build()


def _extension(width: int) -> Handler:
    def handler(machine: Machine) -> None:
        code = arguments.signed(machine.stream, width)
        machine.suspect("pickle.extension", f"it uses number {code} of the registry of extensions")
        machine.stack.append(OPAQUE)

    return handler


def _persistent(machine: Machine) -> None:
    machine.keep([machine.pop()])
    machine.stack.append(OPAQUE)


def _persistent_line(machine: Machine) -> None:
    arguments.line(machine.stream)
    machine.stack.append(OPAQUE)


def _put(read: Callable[[Machine], int]) -> Handler:
    def handler(machine: Machine) -> None:
        machine.memo.put(read(machine), machine.top())

    return handler


def _get(read: Callable[[Machine], int]) -> Handler:
    def handler(machine: Machine) -> None:
        machine.stack.append(machine.memo.get(read(machine)))

    return handler


def _memoize(machine: Machine) -> None:
    machine.memo.append(machine.top())


def _read_only(machine: Machine) -> None:
    machine.top()


def _number(width: int) -> Callable[[Machine], int]:
    return lambda machine: arguments.unsigned(machine.stream, width)


def _key(machine: Machine) -> int:
    return arguments.key_line(machine.stream)


HANDLERS: Final[dict[int, Handler]] = {
    ord(code): handler
    for code, handler in (
        ("(", Machine.mark),
        ("0", _pop),
        ("1", _pop_mark),
        ("2", _duplicate),
        ("F", _skipped(lambda machine: arguments.float_line(machine.stream))),
        ("I", _push_read(lambda machine: arguments.decimal_line(machine.stream))),
        ("J", _push_read(lambda machine: arguments.signed(machine.stream, 4))),
        ("K", _push_read(_number(1))),
        ("L", _push_read(lambda machine: arguments.decimal_line(machine.stream))),
        ("M", _push_read(_number(2))),
        ("N", _push(None)),
        ("P", _persistent_line),
        ("Q", _persistent),
        ("R", _reduce),
        ("S", _text_line),
        ("T", _old_text(4, is_signed=True)),
        ("U", _old_text(1)),
        ("V", _unicode_line),
        ("X", _text(4)),
        ("a", _append),
        ("b", _build),
        ("c", _global),
        ("d", _dict),
        ("}", _new_dict),
        ("e", _appends),
        ("g", _get(_key)),
        ("h", _get(_number(1))),
        ("i", _inst),
        ("j", _get(_number(4))),
        ("l", _collection),
        ("]", _push(THING)),
        ("o", _obj),
        ("p", _put(_key)),
        ("q", _put(_number(1))),
        ("r", _put(_number(4))),
        ("s", _set_item),
        ("t", _tuple),
        (")", _push(())),
        ("u", _set_items),
        ("G", _skipped(lambda machine: arguments.check_float(machine.stream))),
        ("\x80", _proto),
        ("\x81", _new_object),
        ("\x82", _extension(1)),
        ("\x83", _extension(2)),
        ("\x84", _extension(4)),
        ("\x85", _tuple_of(1)),
        ("\x86", _tuple_of(2)),
        ("\x87", _tuple_of(3)),
        ("\x88", _push(True)),  # noqa: FBT003 # a value
        ("\x89", _push(False)),  # noqa: FBT003 # a value
        ("\x8a", _push_read(lambda machine: arguments.long_number(machine.stream, 1))),
        ("\x8b", _push_read(lambda machine: arguments.long_number(machine.stream, 4))),
        ("B", _binary(4)),
        ("C", _binary(1)),
        ("\x8c", _text(1)),
        ("\x8d", _text(8)),
        ("\x8e", _binary(8)),
        ("\x8f", _push(THING)),
        ("\x90", _appends),
        ("\x91", _collection),
        ("\x92", _new_object_by_keywords),
        ("\x93", _stack_global),
        ("\x94", _memoize),
        ("\x95", _frame),
        ("\x96", _binary(8)),
        ("\x97", _push(OPAQUE)),
        ("\x98", _read_only),
    )
}
STOP: Final = ord(".")
