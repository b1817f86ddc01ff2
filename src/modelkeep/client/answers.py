"""Reading the server's JSON: typed access, and one clear error where an answer is not what the API promises."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn, cast

from modelkeep.client.errors import BY_KIND, AlreadyExistsError, ApiError, UnexpectedAnswerError
from modelkeep.client.lean_httpx import httpx
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.errors import Kind

_KIND_OF_STATUS: Final = {
    400: Kind.INVALID,
    401: Kind.UNAUTHENTICATED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    409: Kind.BLOCKED,
    412: Kind.CONFLICT,
    413: Kind.LIMIT_EXCEEDED,
    422: Kind.INVALID,
    428: Kind.INVALID,
    429: Kind.LIMIT_EXCEEDED,
    503: Kind.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON object of an answer. A member of another type than asked for raises `UnexpectedAnswerError`."""

    document: Mapping[str, object]

    def text(self, key: str) -> str:
        """Return a member that must be text."""
        value = self.document.get(key)
        return value if isinstance(value, str) else _unexpected(key, "text")

    def find_text(self, key: str) -> str | None:
        """Return a text, or None where it is null or absent."""
        return None if self.document.get(key) is None else self.text(key)

    def integer(self, key: str) -> int:
        """Return a member that must be an integer."""
        value = self.document.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else _unexpected(key, "an integer")

    def find_integer(self, key: str) -> int | None:
        """Return an integer, or None where it is null or absent."""
        return None if self.document.get(key) is None else self.integer(key)

    def number(self, key: str) -> float:
        """Return a member that must be a number."""
        value = self.document.get(key)
        return float(value) if isinstance(value, int | float) else _unexpected(key, "a number")

    def flag(self, key: str) -> bool | None:
        """Return true or false, or None where it is null or absent."""
        value = self.document.get(key)
        return value if isinstance(value, bool | None) else _unexpected(key, "true or false")

    def time(self, key: str) -> datetime:
        """Return a member that must be an RFC 3339 time, in UTC."""
        try:
            return datetime.fromisoformat(self.text(key)).astimezone(UTC)
        except ValueError:
            return _unexpected(key, "a time")

    def find_time(self, key: str) -> datetime | None:
        """Return a time, or None where it is null or absent."""
        return None if self.document.get(key) is None else self.time(key)

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return an object; one that is null or absent is empty."""
        value = self.document.get(key)
        return {} if value is None else value if isinstance(value, dict) else _unexpected(key, "an object")

    def json(self, key: str) -> Json:
        """Return a member of any type."""
        return cast("Json", self.document.get(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of texts; one that is null or absent is empty."""
        return tuple(item if isinstance(item, str) else _unexpected(key, "texts") for item in self._array(key))

    def items(self, key: str) -> "Iterator[Answer]":
        """Yield the objects of an array; one that is null or absent is empty."""
        for item in self._array(key):
            yield Answer(item if isinstance(item, dict) else _unexpected(key, "objects"))

    def find(self, key: str) -> "Answer | None":
        """Return an object, or None where it is null or absent."""
        return None if self.document.get(key) is None else Answer(self.mapping(key))

    def _array(self, key: str) -> list[object]:
        value = self.document.get(key)
        return [] if value is None else value if isinstance(value, list) else _unexpected(key, "an array")


def read_answer(response: httpx.Response) -> Answer:
    """Return the JSON object in a successful answer; an answer without a body is an empty one.

    Raises:
        UnexpectedAnswerError: the body is something else.
    """
    if not response.content:
        return Answer({})
    try:
        document = json.loads(response.content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UnexpectedAnswerError(
            f"{response.request.url} answered with something else than this registry's API does: check MODELKEEP_URL."
        )
    return Answer(document)


def read_problem(response: httpx.Response) -> ApiError:
    """Return the error in an answer that is no success: from its problem document (RFC 9457), else from its status."""
    document = _problem_document(response)
    code = document.get("code")
    error_type = _error_type(response.status_code, document)
    context = document.get("context")
    error = error_type(
        _message(response, document),
        code=code if isinstance(code, str) else "",
        details=context if isinstance(context, dict) else None,
    )
    request_id = document.get("request_id")
    error.status = response.status_code
    error.request_id = request_id if isinstance(request_id, str) else ""
    error.retry_after = _retry_after(response)
    return error


def _problem_document(response: httpx.Response) -> Mapping[str, object]:
    try:
        document = json.loads(response.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _error_type(status: int, document: Mapping[str, object]) -> type[ApiError]:
    """Return the error of the kind that the problem names; without one, what the status usually stands for."""
    for member in ("kind", "type", "title"):
        named = str(document.get(member, "")).rstrip("/").replace(":", "/").replace("#", "/").rpartition("/")[2]
        spelled = named.strip().lower().replace(" ", "_").replace("-", "_")
        if spelled in BY_KIND:
            return BY_KIND[Kind(spelled)]
    if str(document.get("code", "")).endswith("_exists"):
        return AlreadyExistsError
    kind = _KIND_OF_STATUS.get(status)
    return BY_KIND[kind] if kind else UnexpectedAnswerError


def _message(response: httpx.Response, document: Mapping[str, object]) -> str:
    for member in ("detail", "title"):
        text = document.get(member)
        if isinstance(text, str) and text:
            return text
    address = response.request.url.copy_with(query=None)
    return f"{response.request.method} {address} failed: {response.status_code} {response.reason_phrase}."


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After; its form as a date is rare, and treated as absent."""
    value = str(response.headers.get("retry-after", ""))
    return float(value) if value.isascii() and value.isdigit() else None


def _unexpected(key: str, expected: str) -> NoReturn:
    raise UnexpectedAnswerError(
        f"The server's answer has no {key!r} that is {expected}: client and server differ in version; update the older."
    )
