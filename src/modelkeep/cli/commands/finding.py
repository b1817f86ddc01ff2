"""`list`, `show`, `versions`, `search` and `resolve`: what is in the registry."""

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, is_terminal, show_json, show_record, show_table
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF
from modelkeep.cli.text import size
from modelkeep.cli.views import deprecated, identity, model_columns, show_model, show_version, standing, version_columns

if TYPE_CHECKING:
    from datetime import datetime

    from modelkeep.kernel.manifests import FileEntry

_WORD: Final = re.compile(r"[\w./*?-]+")
_NEWEST: Final = 5

_filter = click.option("--filter", "condition", metavar="QUERY", help="Only those it holds for; see 'search --help'.")
_order = click.option("--order", metavar="FIELD", help="Such as 'created desc', or for versions 'metric.auc desc'.")
_deleted = click.option("--deleted", is_flag=True, help="Show what is deleted instead.")


class ListOptions(WindowOptions):
    """What is listed, and how much of it."""

    condition: str | None
    order: str | None
    deleted: bool
    as_of: str | None


@click.command(
    "list",
    cls=RegistryCommand,
    epilog=examples("modelkeep list fraud --filter \"tag.team = 'risk'\" --order 'changed desc'"),
)
@click.argument("namespace", required=False)
@_filter
@_order
@_deleted
@AS_OF
@paged
@pass_invocation
def list_models(invocation: Invocation, namespace: str | None, **options: Unpack[ListOptions]) -> None:
    """List the models, of one namespace or of all."""
    condition, deleted = options["condition"], options["deleted"]
    if namespace is not None:
        within = f"namespace = '{namespace.replace(chr(39), chr(39) * 2)}'"
        condition = f"{within} and ({condition})" if condition else within
    with invocation.connect() as registry:
        found = registry.list_models(filter=condition, order=options["order"], deleted=deleted, as_of=options["as_of"])
        show_list(invocation, found, model_columns(deleted=deleted), options)


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep show fraud/scorer",
        "modelkeep show fraud/scorer@champion --as-of 2026-11-16T09:00Z",
        "modelkeep show fraud/scorer --as-of '7 days ago'",
        "modelkeep show fraud/scorer:1.4.0 --files",
    ),
)
@click.argument("reference", metavar="REF")
@AS_OF
@click.option("--files", is_flag=True, help="List the files of the version instead.")
@pass_invocation
def show(invocation: Invocation, reference: str, as_of: str | None, *, files: bool) -> None:
    """Show a model (a bare name) or a version (the rest)."""
    from modelkeep.client.values import Model  # noqa: PLC0415 - not for --help

    if files:
        _show_files(invocation, reference, as_of)
        return
    with invocation.connect() as registry:
        found = registry.show(reference, as_of=as_of)
        if invocation.as_json:
            show_json(found.document)
        elif isinstance(found, Model):
            then = as_of or time_of(reference)
            newest = registry.versions(found.name, as_of=then).page(_NEWEST).items
            show_model(found, registry.list_aliases(found.name, as_of=then), newest)
        else:
            then = as_of or time_of(reference)
            show_version(found, registry.get_approvals(found.reference, as_of=then).lapsed_at)


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep versions fraud/scorer --filter \"version ~ '^1.2'\""),
)
@click.argument("model")
@_filter
@_order
@_deleted
@AS_OF
@paged
@pass_invocation
def versions(invocation: Invocation, model: str, **options: Unpack[ListOptions]) -> None:
    """List the versions of a model, the newest first."""
    condition, order, deleted = options["condition"], options["order"], options["deleted"]
    columns = version_columns(deleted=deleted, query=f"{condition} {order}")
    with invocation.connect() as registry:
        found = registry.versions(model, filter=condition, order=order, deleted=deleted, as_of=options["as_of"])
        show_list(invocation, found, columns, options)


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep search scorer",
        "modelkeep search \"metric.auc >= 0.9 and tag.team = 'risk'\"",
        "modelkeep search \"training_data.uri ~ 's3://lake/*'\" --order 'size desc'",
    ),
)
@click.argument("query")
@_order
@AS_OF
@paged
@pass_invocation
def search(
    invocation: Invocation, query: str, order: str | None, as_of: str | None, **options: Unpack[WindowOptions]
) -> None:
    """Search the versions of all models.

    A bare word is looked for in the names of models. A query compares fields (name, namespace, version, number, stage,
    alias, digest, size, created, task, owner, tag.KEY, metric.NAME, param.NAME, training_data.uri, parent.reference and
    more) by = != < <= > >= ~ (with * and ?), in (…) and exists, joined by and, or, not and parentheses.
    """
    columns = version_columns(across_models=True, query=f"{query} {order}")
    with invocation.connect() as registry:
        show_list(invocation, registry.search(expand(query), order=order, as_of=as_of), columns, options)


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep resolve fraud/scorer:^1.2", "modelkeep resolve 'scorer@champion as of 2026-11-16'"),
)
@click.argument("reference", metavar="REF")
@AS_OF
@pass_invocation
def resolve(invocation: Invocation, reference: str, as_of: str | None) -> None:
    """Say what a reference means.

    The answer is its exact reference, its number, the digest of its content, and who made an alias or stage so.
    """
    with invocation.connect() as registry:
        version = registry.resolve(reference, as_of=as_of)
    if invocation.as_json:
        show_json(version.document)
    else:
        show_record(identity(version) | standing(version) | deprecated(version))


def time_of(reference: str) -> "datetime | None":
    """Return the time that a reference has of its own."""
    from modelkeep.kernel.references import Reference  # noqa: PLC0415 - not for --help

    return Reference.parse(reference).as_of


def expand(query: str) -> str:
    """Return the query, or for a bare word the one that looks for it in `namespace/name`."""
    word = query.strip()
    if _WORD.fullmatch(word) is None:
        return query
    return f"name ~ '{word}'" if "*" in word or "?" in word else f"name ~ '*{word}*'"


def _show_files(invocation: Invocation, reference: str, as_of: str | None) -> None:
    with invocation.connect() as registry:
        manifest = registry.manifest(reference, as_of=as_of)
    if invocation.as_json:
        show_json(json.loads(manifest.document()))
        return
    columns: tuple[Column[FileEntry], ...] = (
        Column("PATH", lambda file: file.path, cut=True),
        Column("SIZE", lambda file: size(file.size), number=True),
        Column("MEDIA TYPE", lambda file: file.media_type, cut=True),
        Column("DIGEST", lambda file: _shortened(str(file.digest)), cut=True),
    )
    show_table(manifest.files, columns)


def _shortened(digest: str) -> str:
    """Return the digest, or on a terminal as much of it as tells files apart."""
    return "".join(islice(digest, 19)) if is_terminal() else digest
