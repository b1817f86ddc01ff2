"""`policy`: what stages there are, what moves between them ask for, and where that holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.commands.policy_plan import ask, show_plan, tried
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, hint, say, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF, FILE
from modelkeep.cli.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.policy_values import Policy, PolicyAssignment

_FILE: Final = click.argument("file", metavar="FILE", type=FILE)
_ON: Final = click.option("--on", "scope", metavar="SCOPE", default="*", help="`*`, a namespace or MODEL; default `*`.")
_REASON: Final = click.option("--reason", default="", metavar="TEXT", help="Why; the audit log keeps it.")
_YES: Final = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group(cls=RegistryGroup, epilog=examples("modelkeep policy plan policy.yaml --on fraud"))
def policy() -> None:
    """See and change what moves between stages ask for."""


@policy.command(
    "lint",
    cls=RegistryCommand,
    epilog=examples("modelkeep policy lint policy.yaml", "modelkeep policy lint policy.yaml --against fraud"),
)
@_FILE
@click.option("--against", metavar="SCOPE", help="Try new expressions on the newest versions of a scope.")
@pass_invocation
def lint(invocation: Invocation, file: Path, against: str | None) -> None:
    """Say what is wrong with a policy in a file, YAML or JSON; the exit code is 2 if it has errors."""
    with invocation.connect() as registry:
        found = registry.lint_policy(_read(file), against=against)
    if invocation.as_json:
        show_json(found.document)
    else:
        for item in found.findings:
            say(f"{printable(str(file))}:{item.line}:{item.column}: {item.severity}: {item.message}")
        if not found.findings:
            hint("Nothing is wrong.")
        if found.trials is not None:
            show_record({}, tried(found.trials))
    if not found.publishable:
        raise click.exceptions.Exit(2)


@policy.command("plan", cls=RegistryCommand, epilog=examples("modelkeep policy plan policy.yaml --on fraud"))
@_FILE
@_ON
@pass_invocation
def plan(invocation: Invocation, file: Path, scope: str) -> None:
    """Say what a policy would mean for what holds stages now; nothing is changed."""
    with invocation.connect() as registry:
        show_plan(invocation, registry.plan_policy(scope, source=_read(file)))


@policy.command("apply", cls=RegistryCommand, epilog=examples("modelkeep policy apply policy.yaml --on fraud --yes"))
@_FILE
@_ON
@_REASON
@click.option("--plan", "agreed", metavar="DIGEST", help="Do it only if this is still what `policy plan` shows.")
@_YES
@pass_invocation
def apply(invocation: Invocation, *, file: Path, scope: str, reason: str, agreed: str | None, yes: bool) -> None:
    """Publish a policy and let it govern, exactly as planned: the plan is shown, and you are asked."""
    source = _read(file)
    with invocation.connect() as registry:
        if agreed is None:
            planned = registry.plan_policy(scope, source=source)
            ask(invocation, planned, yes=yes)
            agreed = planned.digest
        _show_assignment(invocation, registry.assign_policy(scope, source=source, plan=agreed, reason=reason))


@policy.command(
    "show",
    cls=RegistryCommand,
    epilog=examples("modelkeep policy show default", "modelkeep policy show --of fraud/scorer"),
)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--number", type=click.IntRange(1), metavar="N", help="Which version; default the newest.")
@click.option("--of", "model", metavar="MODEL", help="The one that governs this model.")
@AS_OF
@pass_invocation
def show(invocation: Invocation, name: str | None, number: int | None, model: str | None, as_of: str | None) -> None:
    """Show a policy as it was written, or which one governs a model."""
    if (name is None) == (model is None):
        raise click.UsageError("Name a policy, or a model with --of.")
    with invocation.connect() as registry:
        if model is not None:
            governing = registry.policy_of(model, as_of=as_of)
            if invocation.as_json:
                show_json(governing.document)
            else:
                hint(_governs(governing.assignment))
                say(governing.policy.source.rstrip())
            return
        if as_of is not None:
            raise click.UsageError("--as-of asks about a model: a version of a policy never changes.")
        found = registry.get_policy(str(name), number)
    if invocation.as_json:
        show_json(found.document)
    else:
        hint(f"{found.name} version {found.number}, {found.digest}")
        say(found.source.rstrip())


@policy.command("history", cls=RegistryCommand, epilog=examples("modelkeep policy history default"))
@click.argument("name", metavar="NAME")
@paged
@pass_invocation
def history(invocation: Invocation, name: str, **options: Unpack[WindowOptions]) -> None:
    """List the versions of a policy, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.policy_versions(name), _policies(), options)


@policy.command(
    "list", cls=RegistryCommand, epilog=examples("modelkeep policy list", "modelkeep policy list --assigned")
)
@click.option("--assigned", is_flag=True, help="What governs what, instead.")
@click.option("--on", "scope", metavar="SCOPE", help="With --assigned: on exactly this scope.")
@click.option("--history", "past", is_flag=True, help="With --assigned: what has ended, too.")
@AS_OF
@paged
@pass_invocation
def list_policies(
    invocation: Invocation,
    *,
    assigned: bool,
    scope: str | None,
    past: bool,
    as_of: str | None,
    **options: Unpack[WindowOptions],
) -> None:
    """List policies, or with --assigned where they govern."""
    with invocation.connect() as registry:
        if assigned:
            listing = registry.list_policy_assignments(scope=scope, history=past, as_of=as_of)
            show_list(invocation, listing, _assignments(), options)
        elif scope or past or as_of:
            raise click.UsageError("--on, --history and --as-of ask about assignments: add --assigned.")
        else:
            show_list(invocation, registry.list_policies(), _policies(), options)


@policy.command("assign", cls=RegistryCommand, epilog=examples("modelkeep policy assign regulated --on fraud"))
@click.argument("name", metavar="NAME")
@click.option("--number", type=click.IntRange(1), metavar="N", help="Which version; default the newest.")
@_ON
@_REASON
@_YES
@pass_invocation
def assign(invocation: Invocation, *, name: str, number: int | None, scope: str, reason: str, yes: bool) -> None:
    """Let a published policy govern the registry, a namespace or a model: the plan is shown, and you are asked."""
    with invocation.connect() as registry:
        number = registry.get_policy(name, number).number
        planned = registry.plan_policy(scope, policy=name, number=number)
        ask(invocation, planned, yes=yes)
        made = registry.assign_policy(scope, policy=name, number=number, plan=planned.digest, reason=reason)
    _show_assignment(invocation, made)


@policy.command("unassign", cls=RegistryCommand, epilog=examples("modelkeep policy unassign --on fraud"))
@click.option("--on", "scope", metavar="SCOPE", required=True, help="A namespace or MODEL.")
@_REASON
@pass_invocation
def unassign(invocation: Invocation, scope: str, reason: str) -> None:
    """Let the policy of the wider scope govern again."""
    with invocation.connect() as registry:
        found = next(registry.list_policy_assignments(scope=scope), None)
        if found is None:
            hint(f"{scope} has no policy of its own.")
            return
        ended = registry.unassign_policy(found.id, reason=reason)
    if invocation.as_json:
        show_json(ended.document)
    else:
        say(f"{ended.policy} version {ended.number} does not govern {ended.scope} any more.")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 at byte {error.start}; save it as UTF-8.") from None
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}.") from None


def _show_assignment(invocation: Invocation, made: "PolicyAssignment") -> None:
    if invocation.as_json:
        show_json(made.document)
    else:
        say(_governs(made))


def _governs(assignment: "PolicyAssignment") -> str:
    where = "the registry" if assignment.scope == "*" else assignment.scope
    return f"{assignment.policy} version {assignment.number} governs {where} since {assignment.since:%Y-%m-%d %H:%M}Z."


def _policies() -> "Sequence[Column[Policy]]":
    return (
        Column("POLICY", lambda item: item.name),
        Column("VERSION", lambda item: item.number, number=True),
        Column("STAGES", lambda item: ", ".join(item.stages), cut=True),
        Column("PUBLISHED", lambda item: item.published_at, age=True),
        Column("BY", lambda item: item.published_by.name, wide=True),
    )


def _assignments() -> "Sequence[Column[PolicyAssignment]]":
    return (
        Column("SCOPE", lambda item: item.scope),
        Column("POLICY", lambda item: item.policy),
        Column("VERSION", lambda item: item.number, number=True),
        Column("SINCE", lambda item: item.since, age=True),
        Column("UNTIL", lambda item: item.until, age=True),
        Column("BY", lambda item: item.set_by.name, wide=True),
    )
