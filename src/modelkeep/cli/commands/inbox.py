"""`inbox` and `delegation`: what waits for a person, and who answers in their place."""

from typing import TYPE_CHECKING, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.commands.promotion import stage_asked
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.text import cell

if TYPE_CHECKING:
    from modelkeep.client.reviews import Delegation, InboxItem

_WAITING: Final = {
    "vote_again": "your vote lapsed",
    "review_overdue": "review overdue",
    "vote": "your vote",
    "review": "your review",
    "not_renewed": "a renewal",
    "mine": "others",
}


@click.command(cls=RegistryCommand, epilog=examples("modelkeep inbox"))
@paged
@pass_invocation
def inbox(invocation: Invocation, **window: Unpack[WindowOptions]) -> None:
    """List what waits for you, the most urgent first.

    Votes that lapsed, with what changed; reviews that are due; votes; promotions of yours whose approvals lapsed and
    were not renewed ('modelkeep promote' asks for it); and your own requests, which wait for others.
    """
    with invocation.connect() as registry:
        show_list(invocation, registry.inbox(), _inbox_columns(), window)


@click.group(cls=RegistryGroup, epilog=examples("modelkeep delegation list"))
def delegation() -> None:
    """Let somebody answer requests in your place."""


@delegation.command(
    "create", cls=RegistryCommand, epilog=examples("modelkeep delegation create bea --until 2026-12-24 --on fraud")
)
@click.argument("person")
@click.option("--until", required=True, metavar="TIME", help="When it ends: a date, or a time with its zone.")
@click.option("--from", "start", metavar="TIME", help="When it begins; default now.")
@click.option("--on", "scope", default="*", metavar="SCOPE", help="NAMESPACE, NAMESPACE/MODEL; default everywhere.")
@click.option("--reason", default="", help="Why.")
@pass_invocation
def create(invocation: Invocation, person: str, until: str, start: str | None, scope: str, reason: str) -> None:
    """Let a person answer what you may answer, for a time."""
    from modelkeep.kernel.references import parse_time  # noqa: PLC0415 - not for --help

    begins = None if start is None else parse_time(start)
    with invocation.connect() as registry:
        made = registry.delegate(person, ends_at=parse_time(until), starts_at=begins, scope=scope, reason=reason)
    if invocation.as_json:
        show_json(made.document)
    else:
        say(f"{made.delegate.name} answers in your place until {cell(made.ends_at)} (delegation {made.id}).")


@delegation.command("list", cls=RegistryCommand, epilog=examples("modelkeep delegation list"))
@paged
@pass_invocation
def list_(invocation: Invocation, **window: Unpack[WindowOptions]) -> None:
    """List the delegations that you made or received."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_delegations(), _delegation_columns(), window)


@delegation.command("end", cls=RegistryCommand, epilog=examples("modelkeep delegation end DELEGATION"))
@click.argument("identity", metavar="DELEGATION")
@pass_invocation
def end(invocation: Invocation, identity: str) -> None:
    """End a delegation of yours before its time."""
    with invocation.connect() as registry:
        ended = registry.end_delegation(identity)
    if invocation.as_json:
        show_json(ended.document)
    else:
        say(f"{ended.delegate.name} no longer answers in your place.")


def _inbox_columns() -> "list[Column[InboxItem]]":
    return [
        Column("WAITS FOR", lambda item: _WAITING.get(item.waiting, item.waiting)),
        Column("REQUEST", lambda item: item.request.id),
        Column("VERSION", lambda item: item.request.reference),
        Column("TO", lambda item: stage_asked(item.request)),
        Column("BY", lambda item: item.request.requested_by.name, cut=True),
        Column("CHANGED", lambda item: "; ".join(item.lapsed.differences) if item.lapsed else "", cut=True),
        Column("REVIEW DUE", lambda item: item.review_due_at),
    ]


def _delegation_columns() -> "list[Column[Delegation]]":
    return [
        Column("DELEGATION", lambda item: item.id),
        Column("OF", lambda item: item.delegator.name),
        Column("TO", lambda item: item.delegate.name),
        Column("ON", lambda item: item.scope),
        Column("FROM", lambda item: item.starts_at),
        Column("UNTIL", lambda item: item.ended_at or item.ends_at),
    ]
