from modelkeep.client.listing import PAGE_SIZE, Listing
from modelkeep.kernel.paging import Page

ITEMS = tuple(range(450))


class Pages:
    """Hands out the numbers, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str | None]] = []

    def __call__(self, size: int, token: str | None) -> Page[int]:
        self.asked.append((size, token))
        start = int(token or 0)
        end = start + size
        return Page(ITEMS[start:end], str(end) if end < len(ITEMS) else None)


def test_all_items_come_and_a_page_is_fetched_only_when_it_is_needed() -> None:
    pages = Pages()
    listing = Listing(pages)
    assert pages.asked == []
    assert next(listing) == 0
    assert pages.asked == [(PAGE_SIZE, None)]
    assert (0, *listing) == ITEMS
    assert len(pages.asked) == 3


def test_one_page_has_the_size_that_was_asked_for_and_the_token_of_the_next() -> None:
    listing = Listing(Pages())
    first = listing.page(100)
    second = listing.page(400, first.next_token)
    assert (first.items, second.items) == (ITEMS[:100], ITEMS[100:])
    assert second.next_token is None
