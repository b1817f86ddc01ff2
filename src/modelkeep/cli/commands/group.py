"""`group`: principals that hold roles together."""

from typing import TYPE_CHECKING, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.access_values import Group, Member


@click.group(cls=RegistryGroup, epilog=examples("modelkeep group add risk ada"))
def group() -> None:
    """Give roles to many at once."""


@group.command("list", cls=RegistryCommand, epilog=examples("modelkeep group list"))
@paged
@pass_invocation
def list_groups(invocation: Invocation, **options: Unpack[WindowOptions]) -> None:
    """List groups."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_groups(), _columns(), options)


@group.command("members", cls=RegistryCommand, epilog=examples("modelkeep group members risk"))
@click.argument("name", metavar="GROUP")
@paged
@pass_invocation
def list_members(invocation: Invocation, name: str, **options: Unpack[WindowOptions]) -> None:
    """List who is in a group."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_members(name), _member_columns(), options)


@group.command("create", cls=RegistryCommand, epilog=examples("modelkeep group create risk"))
@click.argument("name", metavar="GROUP")
@pass_invocation
def create_group(invocation: Invocation, name: str) -> None:
    """Make a group."""
    with invocation.connect() as registry:
        made = registry.create_group(name)
    if invocation.as_json:
        show_json(made.document)
    else:
        say(f"Group {made.name} is there; 'modelkeep access grant group:{made.name} ROLE' gives it a role.")


@group.command("delete", cls=RegistryCommand, epilog=examples("modelkeep group delete risk"))
@click.argument("name", metavar="GROUP")
@pass_invocation
def delete_group(invocation: Invocation, name: str) -> None:
    """Delete a group: everybody leaves it, and its roles end."""
    with invocation.connect() as registry:
        registry.delete_group(name)
    say(f"Group {name} is deleted.")


@group.command("add", cls=RegistryCommand, epilog=examples("modelkeep group add risk ada"))
@click.argument("name", metavar="GROUP")
@click.argument("principal", metavar="PRINCIPAL")
@pass_invocation
def add_member(invocation: Invocation, name: str, principal: str) -> None:
    """Put a principal into a group."""
    with invocation.connect() as registry:
        added = registry.add_member(name, principal)
    if invocation.as_json:
        show_json(added.document)
    else:
        say(f"{added.name} is in {name}.")


@group.command("remove", cls=RegistryCommand, epilog=examples("modelkeep group remove risk ada"))
@click.argument("name", metavar="GROUP")
@click.argument("principal", metavar="PRINCIPAL")
@pass_invocation
def remove_member(invocation: Invocation, name: str, principal: str) -> None:
    """Take a principal out of a group."""
    with invocation.connect() as registry:
        removed = registry.remove_member(name, principal)
    if invocation.as_json:
        show_json(removed.document)
    else:
        say(f"{removed.name} is not in {name}.")


def _columns() -> "Sequence[Column[Group]]":
    return (
        Column("GROUP", lambda item: item.name),
        Column("CREATED", lambda item: item.created_at, age=True),
        Column("ID", lambda item: item.id, wide=True),
    )


def _member_columns() -> "Sequence[Column[Member]]":
    return (
        Column("PRINCIPAL", lambda item: item.principal.name),
        Column("SINCE", lambda item: item.since, age=True),
        Column("ADDED BY", lambda item: item.added_by.name),
        Column("ID", lambda item: item.principal.id, wide=True),
    )
