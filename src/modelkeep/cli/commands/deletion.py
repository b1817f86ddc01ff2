"""`delete` and `restore`: models and versions that are no longer wanted, and are again."""

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, can_ask, pass_invocation
from modelkeep.cli.output import say, show_json
from modelkeep.cli.text import counted


@click.command(cls=RegistryCommand, epilog=examples("modelkeep delete fraud/scorer:1.4.0 --yes"))
@click.argument("reference", metavar="REF")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def delete(invocation: Invocation, reference: str, *, yes: bool) -> None:
    """Delete a version, or a model with all its versions.

    A bare name means the model. What is deleted can be restored. While an alias points to it, it cannot be deleted.
    """
    from modelkeep.client.values import Model  # noqa: PLC0415 - not for --help

    if not yes and not can_ask():
        raise click.UsageError("There is no terminal to ask on: give --yes to delete without a question.")
    with invocation.connect() as registry:
        found = registry.show(reference)
        revision = None if yes else found.revision
        if isinstance(found, Model):
            _ask(f"the model {found.name} and its {counted(found.last_number, 'version')}", yes=yes)
            name, document = found.name, registry.delete_model(found.name, revision=revision).document
        else:
            _ask(f"{found.reference} (number {found.number})", yes=yes)
            name, document = found.reference, registry.delete_version(found.reference, revision=revision).document
    if invocation.as_json:
        show_json(document)
    else:
        say(f"{name} is deleted; 'modelkeep restore {name}' brings it back.")


@click.command(cls=RegistryCommand, epilog=examples("modelkeep restore fraud/scorer:1.4.0"))
@click.argument("reference", metavar="REF")
@pass_invocation
def restore(invocation: Invocation, reference: str) -> None:
    """Bring back a deleted version or model.

    A version is named by its exact version or its number, a model by its bare name.
    """
    from modelkeep.kernel.references import Reference  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry:
        if Reference.parse(reference).selector is None:
            model = registry.restore_model(reference)
            name, document = model.name, model.document
        else:
            version = registry.restore_version(reference)
            name, document = version.reference, version.document
    if invocation.as_json:
        show_json(document)
    else:
        say(f"{name} is back.")


def _ask(what: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(f"Delete {what}?", abort=True, err=True)
