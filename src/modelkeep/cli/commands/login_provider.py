"""`login-provider`: the OpenID providers that people log in with."""

from typing import TYPE_CHECKING, Any, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, hint, show_deleted, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.publishers import LoginProvider


@click.group("login-provider", cls=RegistryGroup, epilog=examples("modelkeep login-provider list"))
def login_provider() -> None:
    """Let people log in with an OpenID provider.

    Groups that it tells of can be mapped to groups here. The client's secret is never stored: the server reads
    MODELKEEP_OIDC_<NAME>_SECRET or …_SECRET_FILE.
    """


def _options(function: Any) -> Any:  # noqa: ANN401 - a command before it is one
    for option in (
        click.option("--link-by-email", is_flag=True, help="Take who has the same verified e-mail for the same user."),
        click.option(
            "--group", "groups", multiple=True, metavar="VALUE=GROUP", help="Whose claim holds VALUE joins GROUP here."
        ),
        click.option("--groups-claim", default="", help="The claim that holds the groups."),
        click.option("--scope", "scopes", multiple=True, help="What to ask for; default openid, profile, email."),
        click.option("--algorithm", "algorithms", multiple=True, help="Of signatures; default RS256 and ES256."),
        click.option("--title", default="", help="What the login page calls it."),
        click.option("--client-id", required=True, help="This registry, as the provider knows it."),
        click.option("--issuer", required=True, help="The provider's address, as it names itself."),
        click.argument("name"),
    ):
        function = option(function)
    return function


def _example(verb: str) -> str:
    return examples(
        f"modelkeep login-provider {verb} corporate --client-id modelkeep \\",
        "  --issuer https://id.example.org --groups-claim groups --group risk=risk",
    )


@login_provider.command("create", cls=RegistryCommand, epilog=_example("create"))
@_options
@pass_invocation
def create_provider(invocation: Invocation, /, name: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Add a provider."""
    with invocation.connect() as registry:
        _show(invocation, registry.create_login_provider(name, _details(options)))


@login_provider.command("update", cls=RegistryCommand, epilog=_example("update"))
@_options
@pass_invocation
def update_provider(invocation: Invocation, /, name: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Replace all that is decided of a provider."""
    with invocation.connect() as registry:
        _show(invocation, registry.update_login_provider(name, _details(options)))


@login_provider.command("list", cls=RegistryCommand, epilog=examples("modelkeep login-provider list"))
@paged
@pass_invocation
def list_providers(invocation: Invocation, **options: Unpack[WindowOptions]) -> None:
    """List the providers by name."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_login_providers(), _columns(), options)


@login_provider.command("show", cls=RegistryCommand, epilog=examples("modelkeep login-provider show corporate"))
@click.argument("name")
@pass_invocation
def show_provider(invocation: Invocation, name: str) -> None:
    """Show what is decided of a provider."""
    with invocation.connect() as registry:
        _show(invocation, registry.get_login_provider(name))


@login_provider.command("delete", cls=RegistryCommand, epilog=examples("modelkeep login-provider delete corporate"))
@click.argument("name")
@pass_invocation
def delete_provider(invocation: Invocation, name: str) -> None:
    """Delete a provider: nobody logs in with it any more."""
    with invocation.connect() as registry:
        registry.delete_login_provider(name)
    show_deleted("Login provider", name, as_json=invocation.as_json)


def _details(options: "dict[str, Any]") -> "dict[str, Any]":
    mapping = {}
    for pair in options.pop("groups"):
        value, separator, group = pair.rpartition("=")
        if not separator:
            raise click.UsageError(f"{pair!r} maps nothing: write VALUE=GROUP.")
        mapping[value] = group
    lists = {key: list(options.pop(key)) for key in ("scopes", "algorithms")}
    return {**options, "groups": mapping, **{key: values for key, values in lists.items() if values}}


def _columns() -> "Sequence[Column[LoginProvider]]":
    return (
        Column("NAME", lambda item: item.name),
        Column("TITLE", lambda item: item.title, cut=True),
        Column("ISSUER", lambda item: item.issuer, cut=True),
        Column("CLIENT", lambda item: item.client_id, cut=True),
        Column("SECRET", lambda item: "set" if item.has_secret else "none"),
    )


def _show(invocation: Invocation, item: "LoginProvider") -> None:
    if invocation.as_json:
        show_json(item.document)
        return
    show_record(
        {
            "name": item.name,
            "title": item.title,
            "issuer": item.issuer,
            "client": item.client_id,
            "callback": item.callback,
            "secret": "set" if item.has_secret else "none",
            "groups claim": item.groups_claim,
            "link by e-mail": "yes" if item.link_by_email else "no",
        },
        [Section("Groups", list(item.groups.items()))],
    )
    if not item.has_secret:
        variable = f"MODELKEEP_OIDC_{item.name.upper().replace('-', '_')}_SECRET"
        hint(f"The server has no secret for it: set {variable} there, unless it is a public client.")
