"""`publisher`: CI jobs that get tokens of this registry without a secret."""

from typing import TYPE_CHECKING, Any, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, show_deleted, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelkeep.client.publishers import Publisher
    from modelkeep.kernel.canonical_json import Json


@click.group(cls=RegistryGroup, epilog=examples("modelkeep publisher list"))
def publisher() -> None:
    """Let CI jobs push without a stored secret.

    GitHub Actions, GitLab CI, and any other issuer of OpenID identity tokens.
    """


def _options(function: Any) -> Any:  # noqa: ANN401 - a command before it is one
    for option in (
        click.option(
            "--scope", "scopes", multiple=True, required=True, help="NAMESPACE or NAMESPACE/MODEL; repeatable."
        ),
        click.option("--role", default="contributor", show_default=True, help="What its tokens may do there."),
        click.argument("name"),
    ):
        function = option(function)
    return function


_GITHUB = (
    "modelkeep publisher create github scorer-ci --repository octo-org/scorer \\",
    "  --owner-id 9919 --workflow release.yml --scope fraud/scorer",
)


@publisher.group("create", cls=RegistryGroup, epilog=examples(*_GITHUB))
def create() -> None:
    """Add a publisher. Its jobs change models as far as the role goes, and never approve, promote or grant."""


@create.command(
    "github",
    cls=RegistryCommand,
    epilog=examples(*_GITHUB),
)
@_options
@click.option("--repository", required=True, metavar="OWNER/NAME", help="The repository the workflow is in.")
@click.option("--owner-id", required=True, metavar="N", help="The owner's number: https://api.github.com/users/OWNER.")
@click.option("--workflow", required=True, metavar="FILE", help="The file in .github/workflows.")
@click.option("--environment", default="", help="Only jobs of this environment.")
@click.option("--issuer", help="Of a GitHub Enterprise server; default github.com.")
@pass_invocation
def create_github(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Trust a workflow of GitHub Actions."""
    _create(invocation, "github", options)


@create.command(
    "gitlab",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep publisher create gitlab scorer-ci --project risk/scorer \\",
        "  --project-id 42 --namespace-id 7 --scope fraud/scorer",
    ),
)
@_options
@click.option("--project", required=True, metavar="GROUP/NAME", help="The project the pipeline is in.")
@click.option("--project-id", required=True, metavar="N", help="The project's number.")
@click.option("--namespace-id", required=True, metavar="N", help="The number of its group.")
@click.option("--pipeline", default=".gitlab-ci.yml", show_default=True, metavar="FILE", help="The pipeline's file.")
@click.option("--environment", default="", help="Only jobs of this environment.")
@click.option("--issuer", help="Of a GitLab of your own; default https://gitlab.com.")
@pass_invocation
def create_gitlab(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Trust a pipeline of GitLab CI, on protected branches and tags."""
    _create(invocation, "gitlab", options)


@create.command(
    "generic",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep publisher create generic nightly --issuer https://ci.example.org \\",
        "  --claim sub=job:nightly --claim 'branch=~release/*' --scope fraud",
    ),
)
@_options
@click.option("--issuer", required=True, help="Who signs the identity tokens, as it names itself.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    required=True,
    metavar="NAME=VALUE",
    help="A claim that must have this value, or match ~PATTERN; several of one name: one of these values.",
)
@pass_invocation
def create_generic(invocation: Invocation, /, claims: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - as above
    """Trust jobs of any issuer of identity tokens, by a table of claims."""
    table: dict[str, list[str]] = {}
    for claim in claims:
        name, separator, value = claim.partition("=")
        if not separator:
            raise click.UsageError(f"{claim!r} is no claim: write NAME=VALUE.")
        table.setdefault(name, []).append(value)
    _create(invocation, "generic", {**options, "claims": table})


@publisher.command("list", cls=RegistryCommand, epilog=examples("modelkeep publisher list"))
@paged
@pass_invocation
def list_publishers(invocation: Invocation, **options: Unpack[WindowOptions]) -> None:
    """List the publishers by name."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_publishers(), _columns(), options)


@publisher.command("show", cls=RegistryCommand, epilog=examples("modelkeep publisher show scorer-ci"))
@click.argument("name")
@pass_invocation
def show_publisher(invocation: Invocation, name: str) -> None:
    """Show which jobs a publisher trusts, and what they may do."""
    with invocation.connect() as registry:
        _show(invocation, registry.get_publisher(name))


@publisher.command("delete", cls=RegistryCommand, epilog=examples("modelkeep publisher delete scorer-ci"))
@click.argument("name")
@pass_invocation
def delete_publisher(invocation: Invocation, name: str) -> None:
    """Delete a publisher; tokens that its jobs have stop working."""
    with invocation.connect() as registry:
        registry.delete_publisher(name)
    show_deleted("Publisher", name, as_json=invocation.as_json)


def _create(invocation: Invocation, kind: str, options: "dict[str, Any]") -> None:
    name, role, issuer, scopes = (options.pop(key) for key in ("name", "role", "issuer", "scopes"))
    conditions: Mapping[str, Json] = options
    with invocation.connect() as registry:
        made = registry.create_publisher(name, kind, conditions, scopes=scopes, role=role, issuer=issuer)
    _show(invocation, made)


def _columns() -> "Sequence[Column[Publisher]]":
    return (
        Column("NAME", lambda item: item.name),
        Column("KIND", lambda item: item.kind),
        Column("ROLE", lambda item: item.role),
        Column("SCOPES", lambda item: item.scopes, cut=True),
        Column("ISSUER", lambda item: item.issuer, cut=True, wide=True),
        Column("CREATED", lambda item: item.created_at, age=True),
    )


def _show(invocation: Invocation, item: "Publisher") -> None:
    if invocation.as_json:
        show_json(item.document)
        return
    claims = item.conditions.get("claims")
    conditions = claims if isinstance(claims, dict) else item.conditions
    show_record(
        {
            "name": item.name,
            "kind": item.kind,
            "issuer": item.issuer,
            "role": item.role,
            "scopes": item.scopes,
            "acts as": f"{item.principal.name} ({item.principal.id})",
            "created": item.created_at,
            "created by": item.created_by.name,
        },
        [Section("Conditions", [(key, value) for key, value in conditions.items() if value])],
    )
