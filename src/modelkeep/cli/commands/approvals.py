"""`approvals` and `live`: by whose approvals versions hold their stages, and which are to be renewed."""

from typing import TYPE_CHECKING, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF
from modelkeep.cli.text import cell
from modelkeep.cli.views import lapsed

if TYPE_CHECKING:
    from modelkeep.client.approvals import LiveVersion


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep approvals fraud/scorer@production",
        "modelkeep approvals fraud/scorer@production --as-of '7 days ago'",
    ),
)
@click.argument("reference", metavar="REF")
@AS_OF
@pass_invocation
def approvals(invocation: Invocation, reference: str, as_of: str | None) -> None:
    """Say who approved that a version hold its stage."""
    with invocation.connect() as registry:
        found = registry.get_approvals(reference, as_of=as_of)
    if invocation.as_json:
        show_json(found.document)
        return
    request = found.request
    fields = {
        "version": found.reference,
        "stage": found.stage,
        "request": "nobody was asked" if request is None else request.id,
        "manner": "" if request is None else str(request.document["manner"]).replace("_", " "),
        "since": "" if request is None else request.closed_at,
        "approvals": lapsed(found.lapsed_at),
        "next review": found.review_at,
    }
    votes = [(vote.voter.name, vote.step, cell(vote.cast_at), vote.comment) for vote in found.votes]
    show_record(fields, [Section("approved by", votes)])


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep live --not-renewed", "modelkeep live --trained-on s3://lake/tx/2026-10"),
)
@click.argument("model", required=False)
@click.option("--stage", help="Only in this stage.")
@click.option("--trained-on", metavar="URI|DIGEST", help="Only those that were trained on this data.")
@click.option("--not-renewed", is_flag=True, help="Only those whose approvals have lapsed, or whose review is due.")
@paged
@pass_invocation
def live(
    invocation: Invocation,
    /,
    model: str | None,
    stage: str | None,
    trained_on: str | None,
    *,
    not_renewed: bool,
    **window: Unpack[WindowOptions],
) -> None:
    """List what holds a stage, and how its approvals stand."""
    with invocation.connect() as registry:
        found = registry.live_versions(model=model, stage=stage, trained_on=trained_on, not_renewed=not_renewed)
        show_list(invocation, found, live_columns(), window)


def live_columns() -> "list[Column[LiveVersion]]":
    """Return the columns of a list of versions that hold a stage."""
    return [
        Column("VERSION", lambda item: item.reference),
        Column("STAGE", lambda item: item.stage),
        Column("SINCE", lambda item: item.approved_by.closed_at, age=True),
        Column("APPROVALS", lambda item: lapsed(item.lapsed_at)),
        Column("NEXT REVIEW", lambda item: item.review_at),
        Column("RENEWAL", lambda item: item.renewal),
    ]
