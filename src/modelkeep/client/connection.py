"""What the parts of a registry object share: a session, and how lists and references are read."""

from collections.abc import Callable
from typing import TypeVar

from modelkeep.client.answers import Answer
from modelkeep.client.http import HttpSession, Parameter, route
from modelkeep.client.listing import Listing
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import Exact, ModelName, Number, Reference

T = TypeVar("T")


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
