"""How much of a list is shown: the options of every command that lists, and the walk through the server's pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, TypeVar

import click

from modelkeep.cli.invocation import Invocation
from modelkeep.cli.output import Column, hint, is_terminal, show_json_list, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelkeep.client.listing import Listing


class Documented(Protocol):
    """An answer that kept the API's own JSON."""

    @property
    def document(self) -> "Mapping[str, object]":
        """The JSON."""


T = TypeVar("T", bound=Documented)
F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LIMIT: Final = 50
_MAX_PAGE: Final = 1000


@dataclass(slots=True)
class Window:
    """The part of a list that is wanted; `limit` None is all of it, `token` where to begin."""

    limit: int | None
    token: str | None = None
    shown: int = field(default=0, init=False)

    def walk(self, listing: "Listing[T]") -> Iterator[T]:
        """Yield the items, fetching pages as they are needed; `token` is then that of what follows."""
        while self.limit is None or self.shown < self.limit:
            room = _MAX_PAGE if self.limit is None else min(self.limit - self.shown, _MAX_PAGE)
            page = listing.page(room, self.token)
            self.token = page.next_token
            self.shown += len(page.items)
            yield from page.items
            if self.token is None:
                return


def paged(function: F) -> F:
    """Add `--limit`, `--all` and `--page-token`."""
    for option in (
        click.option("--page-token", metavar="TOKEN", help="Go on at the next_page_token of an earlier answer."),
        click.option("--all", "everything", is_flag=True, help="Show all there are."),
        click.option(
            "--limit",
            metavar="N",
            type=click.IntRange(1),
            help=f"How many to show; default {DEFAULT_LIMIT}, or all where tables go to no terminal.",
        ),
    ):
        function = option(function)
    return function


class WindowOptions(TypedDict):
    """What the options of `paged` are passed on as."""

    limit: int | None
    everything: bool
    page_token: str | None


def show_list(
    invocation: Invocation, listing: "Listing[T]", columns: Sequence[Column[T]], options: WindowOptions
) -> None:
    """Show the wanted part of a list, and say when there is more."""
    limit = options["limit"]
    if limit is None and not options["everything"] and (invocation.as_json or is_terminal()):
        limit = DEFAULT_LIMIT
    window = Window(limit, options["page_token"])
    if invocation.as_json:
        show_json_list((item.document for item in window.walk(listing)), lambda: window.token)
        return
    show_table(window.walk(listing), columns)
    if window.token is not None:
        hint(f"There are more: --limit {window.shown * 4}, or --all.")
    elif window.shown == 0:
        hint("Nothing was found.")
