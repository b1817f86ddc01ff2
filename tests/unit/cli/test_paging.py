from dataclasses import dataclass

import pytest

from modelkeep.cli.paging import Window
from modelkeep.client.listing import Listing
from modelkeep.kernel.paging import Page


@dataclass(frozen=True)
class Item:
    """An answer with its JSON."""

    number: int

    @property
    def document(self) -> dict[str, object]:
        return {"number": self.number}


def numbers(count: int) -> tuple[Listing[Item], list[int]]:
    """Return a list of so many items, and the sizes of the pages that are asked of it."""
    asked: list[int] = []

    def fetch(size: int, token: str | None) -> Page[Item]:
        asked.append(size)
        start = int(token or 0)
        end = min(start + size, count)
        return Page(tuple(map(Item, range(start, end))), str(end) if end < count else None)

    return Listing(fetch), asked


def test_no_more_is_asked_for_than_is_shown() -> None:
    listing, asked = numbers(100)
    window = Window(limit=30)
    assert [item.number for item in window.walk(listing)] == list(range(30))
    assert (asked, window.token, window.shown) == ([30], "30", 30)


def test_the_next_page_begins_where_the_last_one_ended() -> None:
    listing, _ = numbers(100)
    window = Window(limit=30, token="90")
    assert [item.number for item in window.walk(listing)] == list(range(90, 100))
    assert window.token is None


@pytest.mark.parametrize("limit", [None, 2500])
def test_all_or_many_items_come_in_the_greatest_pages(limit: int | None) -> None:
    listing, asked = numbers(2500)
    assert len(list(Window(limit).walk(listing))) == 2500
    assert asked[:2] == [1000, 1000]
    assert len(asked) == 3


def test_pages_are_fetched_as_they_are_shown() -> None:
    listing, asked = numbers(5000)
    walk = Window(limit=None).walk(listing)
    next(walk)
    assert asked == [1000]
