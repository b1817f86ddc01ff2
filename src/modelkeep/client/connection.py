"""What the parts of a registry object share: a session, and how lists and references are read."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias, TypeVar

from modelkeep.client.answers import Answer
from modelkeep.client.http import HttpSession, Parameter, route
from modelkeep.client.listing import Listing
from modelkeep.kernel.clock import system_clock, timestamp
from modelkeep.kernel.moments import parse_moment
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import Exact, ModelName, Number, Reference

T = TypeVar("T")

Moment: TypeAlias = datetime | str
"""A point in time: with its zone, or as text such as `2026-11-16`, `2026-11-16T09:00Z` or `7 days ago`."""


def moment(as_of: Moment | None) -> str | None:
    """Return a point in time as the API takes it; None for now.

    Raises:
        InvalidReferenceError: the text is none.
        ValueError: the time has no zone.
    """
    if as_of is None:
        return None
    at = parse_moment(as_of, system_clock()) if isinstance(as_of, str) else as_of
    if at.utcoffset() is None:
        raise ValueError("as_of has no zone: give one, such as datetime.now(UTC)")
    return timestamp(at)


def reference_at(reference: str, as_of: Moment | None) -> Reference:
    """Return a reference as of a time; None leaves it as it is.

    Raises:
        InvalidReferenceError: it is none, or has a time of its own as well.
    """
    at = moment(as_of)
    return Reference.parse(reference).at(None if at is None else datetime.fromisoformat(at))


class Connected:
    """A part of a registry object."""

    def __init__(self, session: HttpSession) -> None:
        """Speak through `session`."""
        self._session = session

    def _pages(self, path: str, read: Callable[[Answer], T], **params: Parameter) -> Listing[T]:
        """Return the list at a path."""

        def fetch(size: int, token: str | None) -> Page[T]:
            answer = self._session.get(path, page_size=size, page_token=token, **params)
            return Page(tuple(map(read, answer.items("items"))), answer.find_text("next_page_token"))

        return Listing(fetch)

    def _model_path(self, model: str) -> str:
        name = ModelName.parse(model)
        return route("models", name.namespace, name.name)

    def _version_path(self, reference: str) -> str:
        """Return the path of the version that a reference means."""
        parsed = Reference.parse(reference)
        return route("models", parsed.namespace, parsed.model, "versions", self._selector(parsed))

    def _selector(self, reference: Reference) -> str:
        """Return the exact version or the number of what a reference means; the server is asked where that may move."""
        if isinstance(reference.selector, Exact | Number) and reference.peer is None and reference.as_of is None:
            return str(reference.selector)[1:]
        return str(self._session.get("/resolve", reference=str(reference)).integer("number"))
