"""JSON within model files."""

from typing import Any, Final

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError
from modelkeep.kernel.canonical_json import InvalidJsonError, Json, parse_json

MOST_JSON: Final = 8 * 2**20
_DEPTH: Final = 200
_MOST_CONTAINERS: Final = 500_000
"""Each is an object of the program, many times as large as its two characters in the file."""


def json_object(data: bytes) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        UnreadableFileError: it is too long, not strict JSON, or not an object.
    """
    value = _parsed(data)
    if not isinstance(value, dict):
        raise UnreadableFileError("it holds JSON that is not an object")
    return value


def json_array(data: bytes) -> list[Any]:
    """Return a JSON array.

    Raises:
        UnreadableFileError: it is too long, not strict JSON, or not an array.
    """
    value = _parsed(data)
    if not isinstance(value, list):
        raise UnreadableFileError("it holds JSON that is not an array")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list; nothing where it is none."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _parsed(data: bytes) -> Json:
    if data.count(b"[") + data.count(b"{") > _MOST_CONTAINERS:
        raise UnreadableFileError(f"it holds more than {_MOST_CONTAINERS} lists and objects")
    try:
        return parse_json(data, max_bytes=MOST_JSON, max_depth=_DEPTH)
    except InvalidJsonError as error:
        raise UnreadableFileError(f"it holds broken JSON: {error.message}") from None
