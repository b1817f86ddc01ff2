"""A list that the server hands out by pages: all of it in turn, or one page at a time."""

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from modelkeep.kernel.paging import DEFAULT_PAGE_SIZE, Page

T = TypeVar("T")

PAGE_SIZE: Final = 200


class Listing(Iterator[T], Generic[T]):
    """Yields all items, fetching a page when the one before is used up; nothing is asked before the first item."""

    def __init__(self, fetch: Callable[[int, str | None], Page[T]]) -> None:
        """Read pages with `fetch`, given their size and the token of the page, None for the first."""
        self._fetch = fetch
        self._items = self._all()

    def __next__(self) -> T:
        """Return the next item."""
        return next(self._items)

    def page(self, size: int = DEFAULT_PAGE_SIZE, token: str | None = None) -> Page[T]:
        """Return one page of up to `size` items, 1 to 1000; `token` is the `next_token` of the page before.

        Raises:
            InvalidRequestError: the token belongs to another list, or the size is out of bounds.
        """
        return self._fetch(size, token)

    def _all(self) -> Iterator[T]:
        token: str | None = None
        while True:
            page = self._fetch(PAGE_SIZE, token)
            yield from page.items
            token = page.next_token
            if token is None:
                return
