"""`role`: named sets of permissions."""

from typing import TYPE_CHECKING

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, say, show_json, show_json_list, show_record, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.access_values import Role


@click.group(cls=RegistryGroup, epilog=examples("modelkeep role show contributor"))
def role() -> None:
    """See and make sets of permissions."""


@role.command("list", cls=RegistryCommand, epilog=examples("modelkeep role list"))
@pass_invocation
def list_roles(invocation: Invocation) -> None:
    """List all roles, the built-in ones first."""
    with invocation.connect() as registry:
        roles = registry.list_roles()
    if invocation.as_json:
        show_json_list((item.document for item in roles), lambda: None)
    else:
        show_table(roles, _columns())


@role.command("show", cls=RegistryCommand, epilog=examples("modelkeep role show contributor"))
@click.argument("name", metavar="ROLE")
@pass_invocation
def show_role(invocation: Invocation, name: str) -> None:
    """Show what a role grants."""
    with invocation.connect() as registry:
        _show(invocation, registry.get_role(name))


@role.command(
    "create",
    cls=RegistryCommand,
    epilog=examples("modelkeep role create releaser --grants stage.promote"),
)
@click.argument("name", metavar="ROLE")
@click.option("--grants", "permissions", metavar="PERMISSION", multiple=True, required=True, help="Repeat for more.")
@click.option("--description", default="", metavar="TEXT", help="What it is for.")
@pass_invocation
def create_role(invocation: Invocation, name: str, permissions: tuple[str, ...], description: str) -> None:
    """Make a role out of permissions that you hold on the whole registry."""
    with invocation.connect() as registry:
        _show(invocation, registry.create_role(name, permissions, description=description))


@role.command(
    "update",
    cls=RegistryCommand,
    epilog=examples("modelkeep role update releaser --grants stage.promote"),
)
@click.argument("name", metavar="ROLE")
@click.option("--grants", "permissions", metavar="PERMISSION", multiple=True, help="All it grants from now on.")
@click.option("--description", metavar="TEXT", help="What it is for.")
@pass_invocation
def update_role(invocation: Invocation, name: str, permissions: tuple[str, ...], description: str | None) -> None:
    """Change what a role grants, at once and for everybody who holds it."""
    with invocation.connect() as registry:
        _show(invocation, registry.update_role(name, permissions=permissions or None, description=description))


@role.command("delete", cls=RegistryCommand, epilog=examples("modelkeep role delete releaser"))
@click.argument("name", metavar="ROLE")
@pass_invocation
def delete_role(invocation: Invocation, name: str) -> None:
    """Delete a role that nobody holds."""
    with invocation.connect() as registry:
        registry.delete_role(name)
    say(f"Role {name} is deleted.")


def _show(invocation: Invocation, found: "Role") -> None:
    if invocation.as_json:
        show_json(found.document)
        return
    fields = {"role": found.name, "built in": found.built_in, "description": found.description}
    show_record(fields, [Section("grants", [(permission,) for permission in found.permissions])])


def _columns() -> "Sequence[Column[Role]]":
    return (
        Column("ROLE", lambda item: item.name),
        Column("BUILT IN", lambda item: "yes" if item.built_in else ""),
        Column("GRANTS", lambda item: ", ".join(item.permissions), cut=True),
        Column("DESCRIPTION", lambda item: item.description, cut=True, wide=True),
    )
