"""`principal` and `service-account`: who can act."""

from typing import TYPE_CHECKING, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.access_values import Account


@click.group(cls=RegistryGroup, epilog=examples("modelkeep principal list"))
def principal() -> None:
    """List and disable those who can act."""


@principal.command("list", cls=RegistryCommand, epilog=examples("modelkeep principal list --kind user"))
@click.option("--kind", type=click.Choice(["user", "service", "ci"]), help="Only these.")
@paged
@pass_invocation
def list_principals(invocation: Invocation, kind: str | None, **options: Unpack[WindowOptions]) -> None:
    """List users, service accounts and CI identities."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_principals(kind=kind), _columns(), options)


@principal.command("show", cls=RegistryCommand, epilog=examples("modelkeep principal show ada"))
@click.argument("who", metavar="PRINCIPAL")
@pass_invocation
def show_principal(invocation: Invocation, who: str) -> None:
    """Show a principal, by name or id."""
    with invocation.connect() as registry:
        found = registry.get_principal(who)
    if invocation.as_json:
        show_json(found.document)
        return
    owner = None if found.owner is None else found.owner.name
    fields = {"name": found.name, "kind": found.kind, "id": found.id, "owner": owner}
    show_record(fields | {"created": found.created_at, "disabled": found.disabled_at}, [])


@principal.command("disable", cls=RegistryCommand, epilog=examples("modelkeep principal disable ada"))
@click.argument("who", metavar="PRINCIPAL")
@pass_invocation
def disable_principal(invocation: Invocation, who: str) -> None:
    """Disable a principal: from now on it may do nothing."""
    _disable(invocation, who)


@click.group("service-account", cls=RegistryGroup, epilog=examples("modelkeep service-account list"))
def service_account() -> None:
    """Make accounts for programs."""


@service_account.command(
    "create", cls=RegistryCommand, epilog=examples("modelkeep service-account create fraud-trainer --owner ada")
)
@click.argument("name", metavar="NAME")
@click.option("--owner", metavar="USER", required=True, help="The user who answers for it.")
@pass_invocation
def create_service_account(invocation: Invocation, name: str, owner: str) -> None:
    """Make a service account."""
    with invocation.connect() as registry:
        made = registry.create_service_account(name, owner=owner)
    if invocation.as_json:
        show_json(made.document)
    else:
        say(f"Service account {made.name} is there; 'modelkeep access grant {made.name} ROLE' gives it a role.")


@service_account.command("list", cls=RegistryCommand, epilog=examples("modelkeep service-account list"))
@paged
@pass_invocation
def list_service_accounts(invocation: Invocation, **options: Unpack[WindowOptions]) -> None:
    """List service accounts."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_principals(kind="service"), _columns(), options)


@service_account.command(
    "disable", cls=RegistryCommand, epilog=examples("modelkeep service-account disable fraud-trainer")
)
@click.argument("who", metavar="NAME")
@pass_invocation
def disable_service_account(invocation: Invocation, who: str) -> None:
    """Disable a service account: from now on it may do nothing."""
    _disable(invocation, who)


def _disable(invocation: Invocation, who: str) -> None:
    with invocation.connect() as registry:
        disabled = registry.disable_principal(who)
    if invocation.as_json:
        show_json(disabled.document)
    else:
        say(f"{disabled.name} is disabled.")


def _columns() -> "Sequence[Column[Account]]":
    return (
        Column("NAME", lambda item: item.name),
        Column("KIND", lambda item: item.kind),
        Column("OWNER", lambda item: None if item.owner is None else item.owner.name),
        Column("CREATED", lambda item: item.created_at, age=True),
        Column("DISABLED", lambda item: item.disabled_at, age=True),
        Column("ID", lambda item: item.id, wide=True),
    )
