"""`card schema`: what a namespace asks of `extra` in its cards."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import say, show_json, show_record
from modelkeep.cli.parameters import AS_OF
from modelkeep.cli.text import cell

if TYPE_CHECKING:
    from modelkeep.client.card_values import ExtraSchema
    from modelkeep.kernel.canonical_json import Json

_MAX_BYTES = 1024 * 1024


@click.group("schema", cls=RegistryGroup, epilog=examples("modelkeep card schema set fraud extra.schema.json"))
def schema() -> None:
    """Say what 'extra' holds in the cards of a namespace, by a JSON Schema.

    Cards are held against it when they change; what was written before stays, and 'card show' says where it does not
    fit.
    """


@schema.command("show", cls=RegistryCommand, epilog=examples("modelkeep card schema show fraud"))
@click.argument("namespace")
@AS_OF
@pass_invocation
def show_schema(invocation: Invocation, namespace: str, as_of: str | None) -> None:
    """Show what a namespace asks of 'extra'."""
    with invocation.connect() as registry:
        found = registry.get_extra_schema(namespace, as_of=as_of)
    _show(invocation, found)
    if not invocation.as_json:
        say(f"\n{json.dumps(found.content, indent=2, ensure_ascii=False)}")


@schema.command("set", cls=RegistryCommand, epilog=examples("modelkeep card schema set fraud extra.schema.json"))
@click.argument("namespace")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_invocation
def set_schema(invocation: Invocation, namespace: str, file: Path) -> None:
    """Ask what a JSON Schema (draft 2020-12) in FILE says of 'extra'."""
    from modelkeep.kernel.canonical_json import parse_json  # noqa: PLC0415 - not for --help

    try:
        document: Json = parse_json(file.read_bytes(), max_bytes=_MAX_BYTES)
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="'FILE'") from error
    if not isinstance(document, dict):
        raise click.BadParameter(f"{file} holds no object.", param_hint="'FILE'")
    with invocation.connect() as registry:
        _show(invocation, registry.set_extra_schema(namespace, document))


@schema.command("remove", cls=RegistryCommand, epilog=examples("modelkeep card schema remove fraud"))
@click.argument("namespace")
@pass_invocation
def remove_schema(invocation: Invocation, namespace: str) -> None:
    """Ask nothing of 'extra' any more."""
    with invocation.connect() as registry:
        removed = registry.remove_extra_schema(namespace)
    if invocation.as_json:
        show_json(removed.document)
    else:
        say(f"{namespace} asks nothing of 'extra' any more.")


def _show(invocation: Invocation, found: "ExtraSchema") -> None:
    if invocation.as_json:
        show_json(found.document)
        return
    changed = f"{cell(found.since)} by {found.set_by.name}"
    show_record({"namespace": found.namespace, "revision": found.revision, "digest": found.digest, "changed": changed})
