"""`audit erase`, `hold`, `release` and `holds`: what is personal in the audit log, and what must be kept."""

from typing import TYPE_CHECKING, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.privacy import LegalHold


@click.command(
    "erase",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep audit erase --within fraud/scorer --field message --reason DSR-12",
        "modelkeep audit erase --reason left --principal ID",
    ),
)
@click.option("--reason", required=True, help="Why; the log keeps it.")
@click.option("--subject", metavar="SUBJECT", help="The texts of entries about exactly this.")
@click.option("--within", metavar="SCOPE", help="The texts of entries about this and all in it.")
@click.option("--principal", metavar="ID", help="A name, and the texts of all they did.")
@click.option("--field", "fields", metavar="NAME", multiple=True, help="These texts only, such as message.")
@pass_invocation
def erase(
    invocation: Invocation,
    reason: str,
    subject: str | None,
    within: str | None,
    principal: str | None,
    fields: tuple[str, ...],
) -> None:
    """Erase what people typed; entries and proofs stay as they are."""
    with invocation.connect() as registry:
        erased = registry.erase_texts(reason=reason, subject=subject, within=within, principal=principal, fields=fields)
    if invocation.as_json:
        show_json(erased.document)
    else:
        say(f"{counted(erased.texts, 'text')} erased.")


@click.command("hold", cls=RegistryCommand, epilog=examples("modelkeep audit hold fraud/scorer --reason 'case 7'"))
@click.argument("scope")
@click.option("--reason", required=True, help="Why, such as the number of a case.")
@pass_invocation
def place_hold(invocation: Invocation, scope: str, reason: str) -> None:
    """Place a legal hold on SCOPE ('*' for all): nothing of it is erased or pruned."""
    with invocation.connect() as registry:
        hold = registry.place_hold(scope, reason=reason)
    if invocation.as_json:
        show_json(hold.document)
    else:
        say(f"{hold.scope} is on hold ({hold.id}).")


@click.command(
    "release",
    cls=RegistryCommand,
    epilog=examples("modelkeep audit release 0199a1b2-0000-7000-8000-000000000001 --reason closed"),
)
@click.argument("hold")
@click.option("--reason", required=True, help="Why it ends.")
@pass_invocation
def release_hold(invocation: Invocation, hold: str, reason: str) -> None:
    """Release a legal hold, by its id."""
    with invocation.connect() as registry:
        released = registry.release_hold(hold, reason=reason)
    if invocation.as_json:
        show_json(released.document)
    else:
        say(f"{released.scope} is no longer on hold.")


@click.command("holds", cls=RegistryCommand, epilog=examples("modelkeep audit holds"))
@paged
@pass_invocation
def list_holds(invocation: Invocation, **options: Unpack[WindowOptions]) -> None:
    """List legal holds, the newest first, released ones included."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_holds(), _columns(), options)


def _columns() -> "Sequence[Column[LegalHold]]":
    return (
        Column("ID", lambda hold: hold.id),
        Column("SCOPE", lambda hold: hold.scope),
        Column("REASON", lambda hold: hold.reason, cut=True),
        Column("PLACED", lambda hold: hold.placed_at),
        Column("BY", lambda hold: hold.placed_by.name, cut=True),
        Column("RELEASED", lambda hold: hold.released_at),
    )


PRIVACY_COMMANDS: Final[tuple[click.Command, ...]] = (erase, place_hold, release_hold, list_holds)
"""What stands below `audit`."""
