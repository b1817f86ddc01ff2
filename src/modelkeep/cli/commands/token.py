"""`token`: credentials of programs, made and revoked."""

from typing import TYPE_CHECKING, Any, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, hint, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.tokens import Token


@click.group(cls=RegistryGroup, epilog=examples("modelkeep token create ci-reader --permission version.download"))
def token() -> None:
    """Make tokens for programs, and end them."""


@token.command(
    "create",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep token create notebook --days 30",
        "modelkeep token create reader --permission model.read --scope fraud",
    ),
)
@click.argument("name", default="")
@click.option("--days", type=int, help="How long it lasts, 1 to 366; default 90.")
@click.option("--permission", "permissions", multiple=True, help="Such as version.download; repeatable. Default all.")
@click.option("--scope", "scopes", multiple=True, help="NAMESPACE or NAMESPACE/MODEL; repeatable. Default all.")
@click.option("--network", "networks", multiple=True, help="Where it may be used from, 10.0.0.0/8; repeatable.")
@click.option("--for", "principal", metavar="ID", help="A service account of yours, by its id.")
@pass_invocation
def create_token(invocation: Invocation, /, name: str, **limits: Any) -> None:  # noqa: ANN401 - click's options
    """Make a token that may do what you may, or less. It is printed once.

    Nobody makes a token that reaches further than the one they use.
    """
    with invocation.connect() as registry:
        made = registry.create_token(name, **{key: value for key, value in limits.items() if value})
    if invocation.as_json:
        show_json(made.document)
        return
    say(made.secret or "")
    hint(f"It is token {made.id}, and lasts until {made.expires_at:%Y-%m-%d}. Keep it: it is not shown again.")


@token.command("list", cls=RegistryCommand, epilog=examples("modelkeep token list"))
@click.option("--for", "principal", metavar="ID", help="A service account of yours, by its id.")
@paged
@pass_invocation
def list_tokens(invocation: Invocation, principal: str | None, **options: Unpack[WindowOptions]) -> None:
    """List your tokens that still open something, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_tokens(principal=principal), _columns(), options)


@token.command(
    "revoke", cls=RegistryCommand, epilog=examples("modelkeep token revoke 01a20766-ca1f-77bc-bbd2-4a0971ce")
)
@click.argument("token_id", metavar="ID")
@pass_invocation
def revoke_token(invocation: Invocation, token_id: str) -> None:
    """End a token, and all that were made with it."""
    with invocation.connect() as registry:
        revoked = registry.revoke_token(token_id)
    if invocation.as_json:
        show_json(revoked.document)
    else:
        say(f"Token {revoked.id} (…{revoked.last_four}) is revoked, and so are those made with it.")


def _columns() -> "Sequence[Column[Token]]":
    return (
        Column("ID", lambda item: item.id),
        Column("NAME", lambda item: item.name, cut=True),
        Column("ENDS IN", lambda item: f"…{item.last_four}"),
        Column("PERMISSIONS", lambda item: item.permissions, cut=True),
        Column("SCOPES", lambda item: item.scopes, cut=True),
        Column("LAST USED", lambda item: item.last_used_at, age=True),
        Column("EXPIRES", lambda item: item.expires_at),
        Column("NETWORKS", lambda item: item.networks, cut=True, wide=True),
    )
