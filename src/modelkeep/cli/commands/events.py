"""`events` and `job`: what happens now, and what the server does by itself."""

import json
from typing import TYPE_CHECKING, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.commands.webhook import Selected, selecting, selection
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.text import cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.webhook_values import Job

_STATUSES: Final = ("ready", "done", "dead", "cancelled")


@click.group(cls=RegistryGroup, epilog=examples("modelkeep events tail --namespace fraud"))
def events() -> None:
    """Watch what happens in the registry."""


@events.command(
    "tail",
    cls=RegistryCommand,
    epilog=examples("modelkeep events tail --type 'VERSION_*'", "modelkeep events tail --after 1200 --output json"),
)
@selecting
@click.option("--after", metavar="SEQ", type=click.IntRange(-1), help="Begin after this event; -1 for all.")
@click.option("--count", metavar="N", type=click.IntRange(1), help="End after so many events.")
@pass_invocation
def tail(invocation: Invocation, *, after: int | None, count: int | None, **chosen: Unpack[Selected]) -> None:
    """Show events as they happen, one a line, until interrupted."""
    with invocation.connect() as registry:
        for number, event in enumerate(registry.events(after=after, **selection(chosen)), 1):
            if invocation.as_json:
                click.echo(json.dumps(event.document, ensure_ascii=False))
            else:
                click.echo(f"{event.seq}  {cell(event.time)}  {event.type}  {cell(event.subject)}")
            if number == count:
                return


@click.group(cls=RegistryGroup, epilog=examples("modelkeep job list"))
def job() -> None:
    """Look after what the server does by itself."""


@job.command("list", cls=RegistryCommand, epilog=examples("modelkeep job list --status ready"))
@click.option("--status", type=click.Choice(_STATUSES), default="dead", help="Default dead.")
@paged
@pass_invocation
def list_jobs(invocation: Invocation, *, status: str, **window: Unpack[WindowOptions]) -> None:
    """List background jobs: those that are dead wait for you."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_jobs(status=status), _columns(), window)


@job.command("retry", cls=RegistryCommand, epilog=examples("modelkeep job retry ID"))
@click.argument("identity", metavar="ID")
@pass_invocation
def retry_job(invocation: Invocation, identity: str) -> None:
    """Make a dead job ready again."""
    with invocation.connect() as registry:
        retried = registry.retry_job(identity)
    if invocation.as_json:
        show_json(retried.document)
    else:
        say(f"{retried.key} is tried again.")


@job.command("cancel", cls=RegistryCommand, epilog=examples("modelkeep job cancel ID"))
@click.argument("identity", metavar="ID")
@pass_invocation
def cancel_job(invocation: Invocation, identity: str) -> None:
    """Take a job out of the queue for good."""
    with invocation.connect() as registry:
        cancelled = registry.cancel_job(identity)
    if invocation.as_json:
        show_json(cancelled.document)
    else:
        say(f"{cancelled.key} is cancelled.")


def _columns() -> "Sequence[Column[Job]]":
    return (
        Column("ID", lambda found: found.id),
        Column("KEY", lambda found: found.key, cut=True),
        Column("DUE", lambda found: found.run_at),
        Column("ATTEMPTS", lambda found: found.attempts, number=True),
        Column("ERROR", lambda found: found.last_error, cut=True),
    )
