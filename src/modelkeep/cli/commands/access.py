"""`access`: who may do what, why, and until when."""

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, say, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.access_values import Binding, Explanation, ReviewLine

_scope = click.option(
    "--on", "scope", metavar="SCOPE", default="*", help="A namespace or a model; by default the whole registry."
)
_as_of = click.option("--as-of", metavar="TIME", help="As it was then: a date, or a time with its zone.")


class GrantOptions(TypedDict):
    """What the options of `grant` are passed on as."""

    scope: str
    stage: str
    expires: str | None
    reason: str


class ListOptions(WindowOptions):
    """Which bindings are listed, and how many of them."""

    subject: str | None
    role: str | None
    scope: str | None
    as_of: str | None


class ExplainOptions(TypedDict):
    """What else is asked of an explanation."""

    stage: str | None
    as_of: str | None


class ReviewOptions(WindowOptions):
    """Which lines of a review are listed, and how many of them."""

    permission: str | None
    as_of: str | None


@click.group(cls=RegistryGroup, epilog=examples("modelkeep access grant ada contributor --on fraud"))
def access() -> None:
    """Give roles, take them back, and say why."""


@access.command(
    "grant",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep access grant ada contributor --on fraud --expires 2027-06-30",
        "modelkeep access grant group:risk viewer",
    ),
)
@click.argument("subject", metavar="SUBJECT")
@click.argument("role", metavar="ROLE")
@_scope
@click.option("--stage", default="", metavar="STAGE", help="Only this stage, of its permissions on stages.")
@click.option("--expires", metavar="TIME", help="When it ends by itself: a date, or a time with its zone.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the audit log.")
@pass_invocation
def grant(invocation: Invocation, subject: str, role: str, **options: Unpack[GrantOptions]) -> None:
    """Give a role to SUBJECT: the name or id of a principal, or group:NAME."""
    from modelkeep.kernel.references import parse_time  # noqa: PLC0415 - not for --help

    expires = options["expires"]
    with invocation.connect() as registry:
        binding = registry.grant(
            subject,
            role,
            options["scope"],
            stage=options["stage"],
            expires_at=None if expires is None else parse_time(expires),
            reason=options["reason"],
        )
    if invocation.as_json:
        show_json(binding.document)
    else:
        say(f"{binding.subject.name} holds {binding.role} on {binding.scope} (binding {binding.id}).")


@access.command("revoke", cls=RegistryCommand, epilog=examples("modelkeep access revoke 0193f6c2-… --reason left"))
@click.argument("binding", metavar="BINDING")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the audit log.")
@pass_invocation
def revoke(invocation: Invocation, binding: str, reason: str) -> None:
    """Take a role back by the id of its binding; it stops at once."""
    with invocation.connect() as registry:
        ended = registry.revoke(binding, reason=reason)
    if invocation.as_json:
        show_json(ended.document)
    else:
        say(f"{ended.subject.name} no longer holds {ended.role} on {ended.scope}.")


@access.command("list", cls=RegistryCommand, epilog=examples("modelkeep access list --subject ada"))
@click.option("--subject", metavar="SUBJECT", help="Of this principal, or of group:NAME.")
@click.option("--role", metavar="ROLE", help="Of this role.")
@click.option("--on", "scope", metavar="SCOPE", help="On exactly this scope; '*' is the whole registry.")
@_as_of
@paged
@pass_invocation
def list_bindings(invocation: Invocation, **options: Unpack[ListOptions]) -> None:
    """List who holds which role, as far as you may read it."""
    with invocation.connect() as registry:
        found = registry.list_bindings(
            subject=options["subject"], role=options["role"], scope=options["scope"], as_of=options["as_of"]
        )
        show_list(invocation, found, _binding_columns(), options)


@access.command(
    "explain",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep access explain version.download fraud/scorer",
        "modelkeep access explain stage.approve fraud --subject ada",
    ),
)
@click.argument("permission", metavar="PERMISSION")
@click.argument("scope", metavar="[SCOPE]", default="*")
@click.option("--subject", metavar="SUBJECT", help="Another principal than yourself.")
@click.option("--stage", metavar="STAGE", help="The stage, for a permission on stages.")
@_as_of
@pass_invocation
def explain(
    invocation: Invocation, permission: str, scope: str, subject: str | None, **options: Unpack[ExplainOptions]
) -> None:
    """Say why somebody may do something, or what is missing."""
    with invocation.connect() as registry:
        found = registry.explain(permission, scope, subject=subject, **options)
    if invocation.as_json:
        show_json(found.document)
    else:
        _show_explanation(found, permission, scope)


@access.command(
    "review",
    cls=RegistryCommand,
    epilog=examples("modelkeep access review fraud --permission stage.approve --all"),
)
@click.argument("scope", metavar="[SCOPE]", default="*")
@click.option("--permission", metavar="PERMISSION", help="Who holds this one; by default any.")
@_as_of
@paged
@pass_invocation
def review(invocation: Invocation, scope: str, **options: Unpack[ReviewOptions]) -> None:
    """List who holds what on a scope, around it and in it: through what, by whom, until when, last used."""
    with invocation.connect() as registry:
        found = registry.review_access(scope, permission=options["permission"], as_of=options["as_of"])
        show_list(invocation, found, _review_columns(), options)


def _binding_columns() -> "Sequence[Column[Binding]]":
    return (
        Column("BINDING", lambda binding: binding.id),
        Column("SUBJECT", _subject),
        Column("ROLE", lambda binding: binding.role),
        Column("SCOPE", lambda binding: binding.scope),
        Column("STAGE", lambda binding: binding.stage, wide=True),
        Column("EXPIRES", lambda binding: binding.expires_at),
        Column("GRANTED BY", lambda binding: binding.granted_by.name, cut=True, wide=True),
        Column("REASON", lambda binding: binding.reason, cut=True, wide=True),
    )


def _subject(binding: "Binding") -> str:
    return f"group:{binding.subject.name}" if binding.subject_type == "group" else binding.subject.name


def _review_columns() -> "Sequence[Column[ReviewLine]]":
    return (
        Column("PRINCIPAL", lambda line: line.principal.name),
        Column("KIND", lambda line: line.kind, wide=True),
        Column("ROLE", lambda line: line.role),
        Column("SCOPE", lambda line: line.scope),
        Column("GROUP", lambda line: line.group, cut=True),
        Column("EXPIRES", lambda line: line.expires_at),
        Column("LAST USED", lambda line: line.last_used, age=True),
        Column("GRANTED BY", lambda line: line.granted_by.name, cut=True, wide=True),
    )


def _show_explanation(found: "Explanation", permission: str, scope: str) -> None:
    rows = [
        (item.role, item.scope, f"group {item.group}" if item.group else "", f"binding {item.binding_id}")
        for item in found.bindings
    ]
    fields = {"permission": permission, "on": scope, "allowed": "yes" if found.allowed else "no"}
    if found.visibility is not None:
        fields["visibility"] = found.visibility
    missing = Section("missing", [(line,) for line in found.missing])
    show_record(fields, [Section("granted by", rows), missing])
