"""`quarantine` and `release`: versions that must not be used, and may be again."""

from typing import TYPE_CHECKING

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import say, show_json

if TYPE_CHECKING:
    from modelkeep.client.model_versions import ModelVersion


@click.command(
    cls=RegistryCommand, epilog=examples("modelkeep quarantine fraud/scorer:1.4.0 --reason 'leaks training data'")
)
@click.argument("reference", metavar="REF")
@click.option("--reason", required=True, help="Why, for those who find it refused.")
@pass_invocation
def quarantine(invocation: Invocation, reference: str, reason: str) -> None:
    """Withdraw a version: its files are no longer handed out.

    It stays visible, keeps its stage, and cannot be promoted.
    """
    with invocation.connect() as registry:
        version = registry.quarantine_version(reference, reason=reason)
    _show(invocation, version, f"{version.reference} is in quarantine; 'modelkeep release' ends it.")


@click.command(
    cls=RegistryCommand, epilog=examples("modelkeep release fraud/scorer:1.4.0 --reason 'checked: a false alarm'")
)
@click.argument("reference", metavar="REF")
@click.option("--reason", required=True, help="Why it can be used again.")
@pass_invocation
def release(invocation: Invocation, reference: str, reason: str) -> None:
    """End the quarantine of a version."""
    with invocation.connect() as registry:
        version = registry.release_version(reference, reason=reason)
    _show(invocation, version, f"{version.reference} is released.")


def _show(invocation: Invocation, version: "ModelVersion", sentence: str) -> None:
    if invocation.as_json:
        show_json(version.document)
    else:
        say(sentence)
