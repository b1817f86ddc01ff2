"""Keyset paging: what a caller asks for, what it gets back, and the opaque token between two pages."""

import binascii
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import UnionType
from typing import Final, Generic, TypeAlias, TypeGuard, TypeVar

from modelkeep.kernel.errors import InvalidValueError

DEFAULT_PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 1000
MAX_TOKEN_LENGTH: Final = 32_768

_FORMAT: Final = b"\x01"
_SEAL_LENGTH: Final = 16
_HEADER_LENGTH: Final = len(_FORMAT) + _SEAL_LENGTH
_INT64: Final = range(-(2**63), 2**63)

PositionValue: TypeAlias = str | int | float | None
Position: TypeAlias = tuple[PositionValue, ...]

T_co = TypeVar("T_co", covariant=True)


class InvalidPageTokenError(InvalidValueError):
    """A page token was altered, cut short, made up, or belongs to another list."""

    code = "kernel.invalid_page_token"


class InvalidPageSizeError(InvalidValueError):
    """A page of that many items is not served."""

    code = "kernel.invalid_page_size"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is wanted: `size` items (1 to 1000) after the position in `token`, None for the first page.

    Raises:
        InvalidPageSizeError: if the size is out of bounds.
    """

    size: int = DEFAULT_PAGE_SIZE
    token: str | None = None

    def __post_init__(self) -> None:
        """Refuse a size out of bounds."""
        if not 1 <= self.size <= MAX_PAGE_SIZE:
            raise InvalidPageSizeError(
                f"A page has between 1 and {MAX_PAGE_SIZE} items, not {self.size}: ask for a size in these bounds, and "
                "follow the next page token for more.",
                size=self.size,
                max_size=MAX_PAGE_SIZE,
            )


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list; `next_token` is None on the last one."""

    items: tuple[T_co, ...]
    next_token: str | None = None


def encode_token(position: Sequence[PositionValue], scope: str) -> str:
    """Return the token of the page that follows `position`: the values of the order columns of the last item.

    `scope` is whatever the position means nothing without: the list, its filter and its order. The token carries a
    digest of it, not the text. The token is not secret, and not proof of anything: a position selects no more than
    the list itself would show.

    Raises:
        InvalidValueError: if a value cannot stand in a token: a text with NUL or a lone surrogate, an integer beyond
            64 bits, a number that is not finite, or values that are too long altogether.
    """
    for value in position:
        if not _is_portable(value):
            raise InvalidValueError(f"The value {value!r} cannot be a position in a list: order by another field.")
    body = json.dumps(list(position), ensure_ascii=False, separators=(",", ":")).encode()
    token = urlsafe_b64encode(_FORMAT + _seal(scope, body) + body).rstrip(b"=").decode("ascii")
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidValueError("The values that this list is ordered by are too long: order by another field.")
    return token


def decode_token(token: str, scope: str, types: Sequence[type | UnionType]) -> Position:
    """Return the position in a token, one value for each of `types`: `str`, `int`, `float`, or such a type `| None`.

    An integer where a float is expected comes back as a float.

    Raises:
        InvalidPageTokenError: if it is not a token that `encode_token` made for this scope and these types.
    """
    body = _open(token, scope)
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid_token() from error
    if not isinstance(values, list) or len(values) != len(types):
        raise _invalid_token()
    return tuple(_typed(value, expected) for value, expected in zip(values, types, strict=True))


def _open(token: str, scope: str) -> bytes:
    """Return the JSON text inside a token whose seal fits the scope."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise _invalid_token()
    try:
        encoded = token.encode("ascii")
        raw = urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _invalid_token() from error
    body = raw[_HEADER_LENGTH:]
    # Decoding skips foreign characters and spare bits: only the one canonical spelling of these bytes is accepted.
    is_canonical = urlsafe_b64encode(raw).rstrip(b"=") == encoded
    if not is_canonical or raw[:_HEADER_LENGTH] != _FORMAT + _seal(scope, body):
        raise _invalid_token()
    return body


def _seal(scope: str, body: bytes) -> bytes:
    """Return the digest that binds a position to its list, so that neither changes without the other."""
    scope_digest = sha256(scope.encode("utf-8", "surrogatepass")).digest()
    return sha256(_FORMAT + scope_digest + body).digest()[:_SEAL_LENGTH]


def _typed(value: object, expected: type | UnionType) -> PositionValue:
    """Return a value from a token if it is of the expected type and fit for a database."""
    if not _is_portable(value):
        raise _invalid_token()
    if isinstance(value, expected):
        return value
    if isinstance(value, int) and isinstance(0.0, expected):
        return float(value)
    raise _invalid_token()


def _is_portable(value: object) -> TypeGuard[PositionValue]:
    """Tell whether every database we speak to can hold and compare a value."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, int):
        return value in _INT64 and not isinstance(value, bool)
    return value is None or (isinstance(value, float) and math.isfinite(value))


def _invalid_token() -> InvalidPageTokenError:
    return InvalidPageTokenError(
        "This page token does not belong to this list, or it was altered: use the token exactly as the last page gave "
        "it, with the same filter and order, or start again without a token.",
    )
