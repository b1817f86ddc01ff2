"""`tag`: keys and values on models and versions."""

from typing import TYPE_CHECKING, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF, PAIR, unique
from modelkeep.cli.views import tag_columns

if TYPE_CHECKING:
    from modelkeep.client.model_versions import ModelVersion
    from modelkeep.client.values import Model


@click.group(cls=RegistryGroup, epilog=examples("modelkeep tag set fraud/scorer team=risk"))
def tag() -> None:
    """Tag models and versions, to find them by."""


@tag.command(
    "set",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep tag set fraud/scorer team=risk",
        "modelkeep tag set fraud/scorer:1.4.0 reviewed=2026-11-16 by=ana",
    ),
)
@click.argument("reference", metavar="REF")
@click.argument("pairs", metavar="KEY=VALUE...", type=PAIR, nargs=-1, required=True)
@pass_invocation
def set_tags(invocation: Invocation, reference: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Set tags of a version, or with its bare name of a model; others stay."""
    tags = unique(pairs, "KEY=VALUE")
    with invocation.connect() as registry:
        changed = [registry.set_tag(reference, key, value) for key, value in tags.items()][-1]
    _answer(invocation, changed)


@tag.command("rm", cls=RegistryCommand, epilog=examples("modelkeep tag rm fraud/scorer:1.4.0 reviewed"))
@click.argument("reference", metavar="REF")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@pass_invocation
def remove_tags(invocation: Invocation, reference: str, keys: tuple[str, ...]) -> None:
    """Remove tags of a version, or with its bare name of a model."""
    with invocation.connect() as registry:
        changed = [registry.remove_tag(reference, key) for key in keys][-1]
    _answer(invocation, changed)


@tag.command("list", cls=RegistryCommand, epilog=examples("modelkeep tag list fraud/scorer --as-of 2026-11-16"))
@click.argument("reference", metavar="REF")
@AS_OF
@paged
@pass_invocation
def list_tags(invocation: Invocation, reference: str, as_of: str | None, **options: Unpack[WindowOptions]) -> None:
    """List the tags of a version, or with its bare name of a model: who set them, and since when."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_tags(reference, as_of=as_of), tag_columns(), options)


@tag.command("history", cls=RegistryCommand, epilog=examples("modelkeep tag history fraud/scorer:1.4.0 reviewed"))
@click.argument("reference", metavar="REF")
@click.argument("key", metavar="KEY")
@AS_OF
@paged
@pass_invocation
def show_history(
    invocation: Invocation, reference: str, key: str, as_of: str | None, **options: Unpack[WindowOptions]
) -> None:
    """List the values that a tag had, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.tag_history(reference, key, as_of=as_of), tag_columns(), options)


def _answer(invocation: Invocation, changed: "Model | ModelVersion") -> None:
    if invocation.as_json:
        show_json(changed.document)
    else:
        name = changed.document.get("reference") or changed.document.get("name")
        show_record({"changed": name, "tags": changed.tags})
