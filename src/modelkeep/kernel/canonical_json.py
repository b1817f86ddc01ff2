"""One byte form for one JSON value (RFC 8785), and a strict reader: what is signed or hashed has no second reading."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias, cast

from modelkeep.kernel.errors import InvalidValueError

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""A JSON value. `kernel.events.Json` is the same without floats."""

MAX_INTEGER: Final = 2**53 - 1
"""The greatest integer that every JSON reader keeps exact (RFC 7493); the least is its negative."""
MAX_DEPTH: Final = 64
"""How deep arrays and objects may be nested; a bare value has depth 0."""

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_SHOWN: Final = 80
_ONLY_TEXT: Final = frozenset({str})
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
# Between these, Python and ECMAScript write a fraction alike; the limits of plain notation differ outside.
_ALIKE_FROM: Final = 1e-4
_ALIKE_BELOW: Final = 1e16
_LONG_INTEGER: Final = len(str(MAX_INTEGER))
_ES_PLAIN_DIGITS: Final = 21
_ES_PLAIN_ZEROS: Final = -6


class InvalidJsonError(InvalidValueError):
    """The bytes are not strict JSON, or the value has no canonical form."""

    code = "kernel.invalid_json"


def canonical_json(value: Json) -> bytes:
    """Return the one UTF-8 form of a value: sorted keys, no spaces, numbers as ECMAScript writes them.

    Integers go from -(2^53-1) to 2^53-1; depth is at most 64. Source: RFC 8785.

    Raises:
        InvalidJsonError: a number is not finite or too great, text has a lone surrogate, a key is not text, the value
            is nested too deep or is none of the JSON types.
    """
    try:
        if _is_plain(value, MAX_DEPTH):
            text = _ENCODER.encode(value)
            # Code points sort as UTF-16 code units do, unless some are beyond the basic plane.
            if text.isascii() or _ASTRAL.search(text) is None:
                return text.encode()
        return _exact(value, limit=MAX_DEPTH).encode()
    except UnicodeEncodeError:
        raise _lone_surrogate() from None


def parse_json(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Json:
    """Read JSON of unknown origin; what is returned has a canonical form if `max_depth` is at most 64.

    Args:
        data: UTF-8 without a byte order mark.
        max_bytes: the greatest accepted length of `data`.
        max_depth: the greatest accepted nesting of arrays and objects.

    Raises:
        InvalidJsonError: the data is too long or too deep, is not JSON in UTF-8, repeats a key in one object, or holds
            NaN, Infinity, a number out of range or a lone surrogate.
    """
    if len(data) > max_bytes:
        raise InvalidJsonError(
            f"The JSON document is {len(data)} bytes long; send at most {max_bytes}.", size=len(data), limit=max_bytes
        )
    value = _load(data, max_depth)
    if not _is_plain(value, max_depth):
        _exact(value, limit=max_depth)
    return value


def _load(data: bytes, max_depth: int) -> Json:
    try:
        value = cast("Json", _DECODER.decode(data.decode()))
        if _SURROGATE_ESCAPE.search(data):
            _ENCODER.encode(value).encode()
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"The JSON document is not UTF-8 at byte {error.start}; send UTF-8.") from None
    except UnicodeEncodeError:
        raise _lone_surrogate() from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"The document is not JSON: {error}.", position=error.pos) from None
    return value


def _is_plain(value: object, max_depth: int) -> bool:
    """Say whether the standard encoder writes every part of the value as RFC 8785 does; never raises."""
    level = [value]
    for _ in range(max_depth):
        inner: list[object] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                members = cast("dict[object, object]", item)
                if not _ONLY_TEXT.issuperset(map(type, members)):
                    return False
                inner.extend(members.values())
            elif kind is list or kind is tuple:
                inner.extend(cast("Sequence[object]", item))
            elif kind is not str and not _is_plain_scalar(item):
                return False
        if not inner:
            return True
        level = inner
    return all(map(_is_plain_scalar, level))


def _is_plain_scalar(item: object) -> bool:
    if type(item) is int:
        return -MAX_INTEGER <= item <= MAX_INTEGER
    if type(item) is str or item is None or item is True or item is False:
        return True
    return type(item) is float and _ALIKE_FROM <= abs(item) < _ALIKE_BELOW and not item.is_integer()


def _exact(value: object, *, limit: int, depth: int = 0) -> str:
    """Write any value by the letter of RFC 8785, or say why that cannot be; `depth` of `limit` levels are open."""
    if isinstance(value, str):
        return _ENCODER.encode(value)
    if isinstance(value, Mapping | Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        if depth == limit:
            raise _too_deep(limit)
        return _exact_container(value, limit=limit, depth=depth + 1)
    return _exact_scalar(value)


def _exact_container(value: Mapping[object, object] | Sequence[object], *, limit: int, depth: int) -> str:
    if not isinstance(value, Mapping):
        return f"[{','.join([_exact(item, limit=limit, depth=depth) for item in value])}]"
    keys = sorted(_keys(value), key=_utf16)
    members = [f"{_ENCODER.encode(key)}:{_exact(value[key], limit=limit, depth=depth)}" for key in keys]
    return f"{{{','.join(members)}}}"


def _keys(members: Iterable[object]) -> Iterable[str]:
    for key in members:
        if not isinstance(key, str):
            raise InvalidJsonError(f"The object key {key!r} is not text; JSON has text keys only.")
        yield key


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _exact_scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise _beyond_exact()
        return int.__repr__(value)
    if isinstance(value, float):
        return _exact_float(value)
    raise InvalidJsonError(f"A value of type {type(value).__name__} is not JSON; convert it first.")


def _exact_float(value: float) -> str:
    """Write a float as ECMA-262 Number::toString does: the fewest digits that read back as the same value."""
    if not math.isfinite(value):
        raise InvalidJsonError("A number is NaN, infinite or too great for JSON; send null or a string.")
    if value == 0:
        return "0"
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    padded = whole + fraction
    digits = padded.lstrip("0")
    point = len(whole) + int(exponent or "0") - (len(padded) - len(digits))
    return ("-" if value < 0 else "") + _place_point(digits.rstrip("0"), point)


def _place_point(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _ES_PLAIN_DIGITS:
        return digits + "0" * (point - count)
    if 0 < point <= _ES_PLAIN_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _ES_PLAIN_ZEROS < point <= 0:
        return f"0.{'0' * -point}{digits}"
    return f"{digits[0]}{'.' if count > 1 else ''}{digits[1:]}e{point - 1:+d}"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise InvalidJsonError(f"The key {repeated[:_SHOWN]!a} is in one object twice; send each key once.")
    return members


def _integer(text: str) -> float:
    """Read digits as an integer where that is exact, else as the float whose canonical form they are."""
    if len(text) < _LONG_INTEGER:
        return int(text)
    if len(text) > _ES_PLAIN_DIGITS + 1:
        raise _beyond_exact()
    value = int(text)
    if abs(value) <= MAX_INTEGER:
        return value
    if _exact_float(float(value)) != text:
        raise _beyond_exact()
    return float(value)


def _constant(name: str) -> NoReturn:
    raise InvalidJsonError(f"{name} is not JSON; send null or a string.")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)


def _beyond_exact() -> InvalidJsonError:
    return InvalidJsonError("An integer is beyond 2^53-1 and not exact in JSON; send it as a string.")


def _lone_surrogate() -> InvalidJsonError:
    return InvalidJsonError("A text holds half of a surrogate pair, which is no character; send well-formed Unicode.")


def _too_deep(limit: int) -> InvalidJsonError:
    return InvalidJsonError(f"The JSON value is nested deeper than {limit} levels; flatten it.", limit=limit)
