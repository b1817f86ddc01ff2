"""`alias`: names that move from version to version of a model."""

from typing import Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF
from modelkeep.cli.views import alias_columns


@click.group(cls=RegistryGroup, epilog=examples("modelkeep alias set fraud/scorer:1.4.0 champion"))
def alias() -> None:
    """Name versions: an alias moves, and keeps its history."""


@alias.command("set", cls=RegistryCommand, epilog=examples("modelkeep alias set fraud/scorer:1.4.0 champion"))
@click.argument("reference", metavar="REF")
@click.argument("name", metavar="ALIAS")
@pass_invocation
def set_alias(invocation: Invocation, reference: str, name: str) -> None:
    """Point an alias of the model to the version that REF means, wherever it pointed before."""
    from modelkeep.kernel.references import Reference  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry:
        interval = registry.set_alias(reference, name)
    if invocation.as_json:
        show_json(interval.document)
    else:
        model = Reference.parse(reference).model_name
        say(f"{model}@{interval.alias} is now {interval.version} (number {interval.number}).")


@alias.command("rm", cls=RegistryCommand, epilog=examples("modelkeep alias rm fraud/scorer@champion"))
@click.argument("model", metavar="MODEL[@ALIAS]")
@click.argument("name", metavar="[ALIAS]", required=False)
@pass_invocation
def remove_alias(invocation: Invocation, model: str, name: str | None) -> None:
    """Remove an alias; its history stays."""
    model, name = _split(model, name)
    with invocation.connect() as registry:
        interval = registry.remove_alias(model, name)
    if invocation.as_json:
        show_json(interval.document)
    else:
        say(f"{model}@{interval.alias} is removed; it was {interval.version} (number {interval.number}).")


@alias.command("list", cls=RegistryCommand, epilog=examples("modelkeep alias list fraud/scorer"))
@click.argument("model")
@AS_OF
@paged
@pass_invocation
def list_aliases(invocation: Invocation, model: str, as_of: str | None, **options: Unpack[WindowOptions]) -> None:
    """List the aliases that a model has."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_aliases(model, as_of=as_of), alias_columns(), options)


@alias.command("history", cls=RegistryCommand, epilog=examples("modelkeep alias history fraud/scorer@champion"))
@click.argument("model", metavar="MODEL[@ALIAS]")
@click.argument("name", metavar="[ALIAS]", required=False)
@AS_OF
@paged
@pass_invocation
def show_history(
    invocation: Invocation, model: str, name: str | None, as_of: str | None, **options: Unpack[WindowOptions]
) -> None:
    """List what an alias has pointed to, the newest first."""
    model, name = _split(model, name)
    with invocation.connect() as registry:
        show_list(invocation, registry.alias_history(model, name, as_of=as_of), alias_columns(), options)


def _split(model: str, name: str | None) -> tuple[str, str]:
    """Return model and alias, given as two words or as `model@alias`."""
    if name is None:
        model, _, name = model.partition("@")
    if not name:
        raise click.UsageError("Which alias? Write MODEL@ALIAS, such as fraud/scorer@champion.")
    return model, name
