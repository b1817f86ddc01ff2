"""`audit`: who did what, when, by which request."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, cast

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, hint, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.audit_entries import AuditEntry

F = TypeVar("F", bound=Callable[..., Any])


class Filters(TypedDict):
    """What the options of `filtered` are passed on as."""

    actor: str | None
    subject: str | None
    within: str | None
    type: str | None
    since: str | None
    until: str | None
    request: str | None


class ListOptions(WindowOptions, Filters):
    """Which entries are listed, and how many of them."""


def filtered(function: F) -> F:
    """Add the options that choose entries."""
    for option in (
        click.option("--request", metavar="ID", help="Made by this request."),
        click.option("--until", metavar="TIME", help="Before this time."),
        click.option("--since", metavar="TIME", help="From this time on: a date, or a time with its zone."),
        click.option("--type", metavar="TYPE", help="Of this type, such as MODEL_CREATED."),
        click.option("--within", metavar="SCOPE", help="About this namespace or model and all in it."),
        click.option("--subject", metavar="SUBJECT", help="About exactly this, such as fraud/scorer:1.4.0."),
        click.option("--actor", metavar="ID", help="Made by this principal."),
    ):
        function = option(function)
    return function


@click.group(cls=RegistryGroup, epilog=examples("modelkeep audit list --within fraud/scorer"))
def audit() -> None:
    """Read the audit log: who did what, when, by which request."""


@audit.command(
    "list",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep audit list --within fraud/scorer --since 2026-11-01",
        "modelkeep audit list --type ALIAS_SET --oldest-first --all",
    ),
)
@filtered
@click.option("--oldest-first", is_flag=True, help="Begin at the oldest entry.")
@paged
@pass_invocation
def list_entries(invocation: Invocation, *, oldest_first: bool, **options: Unpack[ListOptions]) -> None:
    """List entries, the newest first."""
    with invocation.connect() as registry:
        found = registry.list_audit(oldest_first=oldest_first, **_filters(options))
        show_list(invocation, found, _columns(), options)


@audit.command(
    "access-log",
    cls=RegistryCommand,
    epilog=examples("modelkeep audit access-log --within fraud/scorer --since 2026-11-01"),
)
@filtered
@click.option("--oldest-first", is_flag=True, help="Begin at the oldest entry.")
@paged
@pass_invocation
def list_reads(invocation: Invocation, *, oldest_first: bool, **options: Unpack[ListOptions]) -> None:
    """List who read what content, the newest first."""
    with invocation.connect() as registry:
        found = registry.list_access_log(oldest_first=oldest_first, **_filters(options))
        show_list(invocation, found, _columns(), options)


@audit.command("show", cls=RegistryCommand, epilog=examples("modelkeep audit show 41"))
@click.argument("seq", type=click.IntRange(0))
@pass_invocation
def show_entry(invocation: Invocation, seq: int) -> None:
    """Show one entry by its place in the log, the `seq` of a receipt."""
    with invocation.connect() as registry:
        entry = registry.get_audit_entry(seq)
    if invocation.as_json:
        show_json(entry.document)
        return
    fields = {
        "entry": entry.seq,
        "type": entry.type,
        "at": entry.at,
        "actor": f"{entry.actor.name} ({entry.actor.id})",
        "subject": entry.subject,
        "request": entry.request_id,
        "leaf hash": entry.leaf_hash,
        "erased": entry.erased,
    }
    show_record(fields, [Section("data", list(entry.data.items())), Section("texts", list(entry.texts.items()))])


@audit.command(
    "export",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep audit export -o audit.jsonl",
        "modelkeep audit export --format csv --since 2026-10-01 -o october.csv",
    ),
)
@filtered
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "cloudevents"]), default="jsonl", help="Its form.")
@click.option("--no-personal", is_flag=True, help="Without names and texts that people typed.")
@click.option("-o", "--to", "target", metavar="FILE", type=FILE, help="The file to write.")
@pass_invocation
def export_entries(
    invocation: Invocation, form: str, target: Path | None, *, no_personal: bool, **options: Unpack[Filters]
) -> None:
    """Write entries to a file or standard output, the oldest first; it is logged."""
    from modelkeep.client.whole_files import written_whole  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry:
        pieces = registry.export_audit(format=form, personal=not no_personal, **options)
        if target is None:
            for piece in pieces:
                click.echo(piece, nl=False)
            return
        with written_whole(target) as partial, partial.open("wb") as file:
            file.writelines(pieces)
    hint(f"Wrote {target}.")


def _filters(options: ListOptions) -> Filters:
    return cast("Filters", {name: options[name] for name in Filters.__annotations__})  # type: ignore[literal-required]  # names of both


def _columns() -> "Sequence[Column[AuditEntry]]":
    return (
        Column("SEQ", lambda entry: entry.seq, number=True),
        Column("AT", lambda entry: entry.at),
        Column("TYPE", lambda entry: entry.type),
        Column("SUBJECT", lambda entry: entry.subject, cut=True),
        Column("ACTOR", lambda entry: entry.actor.name, cut=True),
        Column("REQUEST", lambda entry: entry.request_id, cut=True, wide=True),
    )
