"""`card`: what people should know of a version."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, can_ask, pass_invocation
from modelkeep.cli.output import Column, hint, say, show_json, show_record, show_table
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF, FILE, PAIR, scalar
from modelkeep.cli.text import cell, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelkeep.client.card_values import Attachment, Card, CardChange, CardMisfit, CardRevision, CardScore

READ: Final = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".md": "huggingface"}
"""The format of a file, by the end of its name."""

WRITTEN: Final = ("json", "yaml", "huggingface", "sagemaker", "cyclonedx")
_SHOWN: Final = 60


@click.group(cls=RegistryGroup, epilog=examples("modelkeep card show fraud/scorer@champion"))
def card() -> None:
    """Say what versions are for, and how well they do."""


@card.command("show", cls=RegistryCommand, epilog=examples("modelkeep card show fraud/scorer:1.4.0"))
@click.argument("reference", metavar="REF")
@AS_OF
@pass_invocation
def show_card(invocation: Invocation, reference: str, as_of: str | None) -> None:
    """Show the card of a version."""
    with invocation.connect() as registry:
        found = registry.get_card(reference, as_of=as_of)
        text = "" if invocation.as_json else registry.export_card(reference, "yaml", as_of=as_of).content
    if invocation.as_json:
        show_json(found.document)
        return
    changed = f"{cell(found.since)} by {found.set_by.name}"
    show_record({"card": found.reference, "revision": found.revision, "digest": found.digest, "changed": changed})
    say(f"\n{text.rstrip()}")
    _show_misfits(found.misfits)


@card.command(
    "edit",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep card edit fraud/scorer:1.4.0",
        "modelkeep card edit fraud/scorer:1.4.0 --set risk.rating=low",
        "modelkeep card edit fraud/scorer:1.4.0 --file card.yaml",
    ),
)
@click.argument("reference", metavar="REF")
@click.option("--set", "pairs", metavar="FIELD=VALUE", type=PAIR, multiple=True, help="Such as uses.purpose=…")
@click.option("--file", "file", type=FILE, help="A card as JSON or YAML, or a README.")
@pass_invocation
def edit_card(invocation: Invocation, reference: str, pairs: tuple[tuple[str, str], ...], file: Path | None) -> None:
    """Change the card of a version: in an editor, by fields, or to a file."""
    if pairs and file:
        raise click.UsageError("Give --set or --file.")
    with invocation.connect() as registry:
        if pairs:
            changed = registry.patch_card(reference, _patch(pairs))
        elif file:
            changed = registry.import_card(reference, _text_of(file), _format_of(file, None))
        else:
            changed = _edited(registry, reference)
    _show(invocation, changed)


@card.command(
    "draft",
    cls=RegistryCommand,
    epilog=examples("modelkeep card draft fraud/scorer:1.4.0", "modelkeep card draft fraud/scorer:1.4.0 --save"),
)
@click.argument("reference", metavar="REF")
@click.option("--save", is_flag=True, help="Make it the card of the version.")
@pass_invocation
def draft_card(invocation: Invocation, reference: str, *, save: bool) -> None:
    """Show, or save, a card of what the registry knows of a version."""
    with invocation.connect() as registry:
        draft = registry.draft_card(reference)
        if save:
            _require_description(reference, draft.content)
            _show(invocation, registry.edit_card(reference, draft.content, revision=draft.revision))
            return
    if invocation.as_json:
        show_json(draft.document)
        return
    show_table(draft.added, _change_columns())
    if not draft.added:
        hint("The card says all that the registry knows.")


@card.command("import", cls=RegistryCommand, epilog=examples("modelkeep card import fraud/scorer:1.4.0 README.md"))
@click.argument("reference", metavar="REF")
@click.argument("file", type=FILE)
@click.option("--format", "of", type=click.Choice(sorted(set(READ.values()))), help="By default, as its name ends.")
@pass_invocation
def import_card(invocation: Invocation, reference: str, file: Path, of: str | None) -> None:
    """Make a file the card of a version: JSON, YAML, or a README of Hugging Face."""
    with invocation.connect() as registry:
        changed = registry.import_card(reference, _text_of(file), _format_of(file, of))
    _show(invocation, changed)


@card.command(
    "export",
    cls=RegistryCommand,
    epilog=examples("modelkeep card export fraud/scorer:1.4.0 --format cyclonedx -o bom.json"),
)
@click.argument("reference", metavar="REF")
@click.option("--format", "into", type=click.Choice(WRITTEN), default="yaml", help="Default yaml.")
@click.option("-o", "destination", metavar="FILE", type=click.Path(path_type=Path), help="Write there.")
@AS_OF
@pass_invocation
def export_card(
    invocation: Invocation, reference: str, *, into: str, destination: Path | None, as_of: str | None
) -> None:
    """Write a card as YAML, JSON, README, SageMaker card or bill of materials."""
    with invocation.connect() as registry:
        exported = registry.export_card(reference, into, as_of=as_of)
    if destination:
        destination.write_text(exported.content, encoding="utf-8")
    if invocation.as_json:
        show_json(exported.document)
    elif not destination:
        click.echo(exported.content, nl=False)
    else:
        say(f"{destination} is written.")
    for path, reason in exported.losses.items():
        hint(f"{path}: {reason}")


@card.command("history", cls=RegistryCommand, epilog=examples("modelkeep card history fraud/scorer:1.4.0"))
@click.argument("reference", metavar="REF")
@AS_OF
@paged
@pass_invocation
def show_history(invocation: Invocation, reference: str, as_of: str | None, **options: Unpack[WindowOptions]) -> None:
    """List the revisions of a card, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.card_history(reference, as_of=as_of), _revision_columns(), options)


@card.command(
    "diff",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep card diff fraud/scorer:1.4.0", "modelkeep card diff fraud/scorer:1.4.0 --against fraud/scorer:1.3.0"
    ),
)
@click.argument("reference", metavar="REF")
@click.option("--from", "before", metavar="N", type=click.IntRange(0), help="A revision; default the one before.")
@click.option("--to", "after", metavar="N", type=click.IntRange(1), help="A revision; default the last one.")
@click.option("--against", metavar="REF", help="Compare with the card of this version.")
@pass_invocation
def show_diff(
    invocation: Invocation, reference: str, *, before: int | None, after: int | None, against: str | None
) -> None:
    """Show what changed in a card."""
    with invocation.connect() as registry:
        compared = registry.compare_cards(reference, before=before, after=after, against=against)
    if invocation.as_json:
        show_json(compared.document)
        return
    show_table(compared.changes, _change_columns())
    if not compared.changes:
        hint("They say the same.")


@card.command(
    "score", cls=RegistryCommand, epilog=examples("modelkeep card score fraud/scorer:1.4.0 --framework nist-ai-rmf")
)
@click.argument("reference", metavar="REF")
@click.option("--framework", metavar="ID", help="Show what is missing for this framework, by clause.")
@AS_OF
@pass_invocation
def score_card(invocation: Invocation, reference: str, framework: str | None, as_of: str | None) -> None:
    """Say how complete a card is, by each framework."""
    with invocation.connect() as registry:
        rating = registry.score_card(reference, framework=framework, as_of=as_of)
    if invocation.as_json:
        show_json(rating.document)
        return
    if framework is None:
        show_table(rating.scores, _score_columns())
    else:
        for score in rating.scores:
            show_record({"framework": f"{score.title}, {score.edition}", "complete": f"{score.percent} %"})
            say("")
            show_table([clause for clause in score.clauses if clause.missing], _clause_columns())
    _show_misfits(rating.misfits)


@card.command(
    "attach",
    cls=RegistryCommand,
    epilog=examples("modelkeep card attach fraud/scorer:1.4.0 plot.png --alt 'Errors by age'"),
)
@click.argument("reference", metavar="REF")
@click.argument("file", type=FILE)
@click.option("--name", help="Its name there; default that of the file.")
@click.option("--alt", default="", help="What a picture shows, for who does not see it.")
@pass_invocation
def attach_file(invocation: Invocation, reference: str, file: Path, *, name: str | None, alt: str) -> None:
    """Attach a PDF or a picture to a card."""
    with invocation.connect() as registry:
        made = registry.attach_file(reference, _there(file), name=name, alt=alt)
    if invocation.as_json:
        show_json(made.document)
    else:
        show_record({"attached": made.name, "digest": made.digest, "size": size(made.size)})


@card.command("attachments", cls=RegistryCommand, epilog=examples("modelkeep card attachments fraud/scorer:1.4.0"))
@click.argument("reference", metavar="REF")
@AS_OF
@paged
@pass_invocation
def list_attachments(
    invocation: Invocation, reference: str, as_of: str | None, **options: Unpack[WindowOptions]
) -> None:
    """List what is attached to a card."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_attachments(reference, as_of=as_of), _attachment_columns(), options)


@card.command("detach", cls=RegistryCommand, epilog=examples("modelkeep card detach fraud/scorer:1.4.0 plot.png"))
@click.argument("reference", metavar="REF")
@click.argument("name", metavar="NAME")
@pass_invocation
def detach_file(invocation: Invocation, reference: str, name: str) -> None:
    """Take an attachment from a card; it stays readable as of before."""
    with invocation.connect() as registry:
        ended = registry.remove_attachment(reference, name)
    if invocation.as_json:
        show_json(ended.document)
    else:
        say(f"{ended.name} is no longer attached.")


def _edited(registry: Any, reference: str) -> "Card":  # noqa: ANN401 - the registry, which is not loaded for --help
    """Return the card as a person has edited it; what is refused stays in a file."""
    from modelkeep.client.errors import ApiError, NotFoundError  # noqa: PLC0415 - not for --help

    if not can_ask():
        raise click.UsageError("There is no terminal for an editor: give --set or --file.")
    try:
        found = registry.get_card(reference)
        revision, text = found.revision, registry.export_card(reference, "yaml").content
    except NotFoundError as error:
        if error.code != "cards.card_not_found":
            raise
        revision, text = 0, 'schema_version: "1.0"\noverview:\n  description: ""\n'
    written = click.edit(text, extension=".yaml")
    if written is None:
        raise click.Abort
    try:
        return registry.import_card(reference, written, "yaml", revision=revision)  # type: ignore[no-any-return]  # as above
    except ApiError:
        kept = Path("card.rejected.yaml")
        kept.write_text(written, encoding="utf-8")
        hint(f"What you wrote is kept in {kept}: correct it, and give it with --file.")
        raise


def _patch(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return fields such as `risk.rating=low` as a merge patch; an empty value removes a field."""
    patch: dict[str, Any] = {}
    for path, text in pairs:
        *parents, name = path.split(".")
        place = patch
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = scalar(text) if text else None
    return patch


def _require_description(reference: str, card: "Mapping[str, object]") -> None:
    """Refuse a card that cannot be saved yet, for want of the one field that only people know."""
    match card:
        case {"overview": {"description": str()}}:
            return
    raise click.UsageError(
        f"Nobody has described the model or its version: 'modelkeep card edit {reference} --set "
        "overview.description=TEXT' begins the card; then save the draft."
    )


def _there(file: Path) -> Path:
    if not file.is_file():
        raise click.BadParameter(f"{file} is not there.", param_hint="'FILE'")
    return file


def _text_of(file: Path) -> str:
    try:
        return _there(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.BadParameter(f"{file} is no text in UTF-8.", param_hint="'FILE'") from None


def _format_of(file: Path, of: str | None) -> str:
    known = of or READ.get(file.suffix.lower())
    if known is None:
        raise click.BadParameter(f"{file.name} ends in none of {', '.join(READ)}: give --format.", param_hint="'FILE'")
    return known


def _show(invocation: Invocation, changed: "Card") -> None:
    if invocation.as_json:
        show_json(changed.document)
    else:
        show_record({"card": changed.reference, "revision": changed.revision, "digest": changed.digest})
    for note in changed.notes:
        hint(note)


def _show_misfits(misfits: "Sequence[CardMisfit]") -> None:
    for misfit in misfits:
        hint(f"{misfit.pointer} is not what the namespace asks of it: {misfit.problem}")


def _brief(value: object) -> str:
    text = cell(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _change_columns() -> "Sequence[Column[CardChange]]":
    return (
        Column("CHANGE", lambda change: change.operation),
        Column("WHERE", lambda change: change.path),
        Column("BEFORE", lambda change: _brief(change.before), cut=True),
        Column("AFTER", lambda change: _brief(change.after), cut=True),
    )


def _revision_columns() -> "Sequence[Column[CardRevision]]":
    return (
        Column("REVISION", lambda found: found.revision, number=True),
        Column("SINCE", lambda found: found.since),
        Column("BY", lambda found: found.set_by.name, cut=True),
        Column("ENTRY", lambda found: found.audit.seq if found.audit else None, number=True),
        Column("DIGEST", lambda found: found.digest, cut=True),
    )


def _score_columns() -> "Sequence[Column[CardScore]]":
    return (
        Column("FRAMEWORK", lambda score: score.framework),
        Column("COMPLETE", lambda score: f"{score.percent} %"),
        Column("TITLE", lambda score: score.title, cut=True),
    )


def _clause_columns() -> "Sequence[Column[Any]]":
    return (
        Column("CLAUSE", lambda clause: clause.id),
        Column("WEIGHT", lambda clause: clause.weight, number=True),
        Column("MISSING", lambda clause: clause.missing, cut=True),
        Column("ASKS", lambda clause: clause.asks, cut=True, wide=True),
    )


def _attachment_columns() -> "Sequence[Column[Attachment]]":
    return (
        Column("NAME", lambda found: found.name, cut=True),
        Column("TYPE", lambda found: found.media_type),
        Column("SIZE", lambda found: size(found.size)),
        Column("SINCE", lambda found: found.since),
        Column("BY", lambda found: found.set_by.name, cut=True),
        Column("DIGEST", lambda found: found.digest, cut=True, wide=True),
    )
