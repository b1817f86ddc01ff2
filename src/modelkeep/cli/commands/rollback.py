"""`rollback`, `break-glass` and `data`: what is done when something is wrong."""

from typing import TYPE_CHECKING, Final

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.commands.approvals import live_columns
from modelkeep.cli.commands.promotion import missing
from modelkeep.cli.errors import EXIT_CODES
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import hint, say, show_json, show_record, show_table
from modelkeep.kernel.errors import Kind

if TYPE_CHECKING:
    from modelkeep.client.reviews import Rollback

_LISTED: Final = 50


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep rollback fraud/scorer --to '7 days ago' --dry-run",
        "modelkeep rollback fraud/scorer --to 1.3.0 --reason 'drift since Monday'",
    ),
)
@click.argument("model")
@click.option("--to", required=True, metavar="WHEN", help="'7 days ago', a date, a time, or a version.")
@click.option("--stage", default="Production", show_default=True, help="The stage that is rolled back.")
@click.option("--reason", default="", help="Why; needed but for a dry run.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@pass_invocation
def rollback(invocation: Invocation, model: str, to: str, stage: str, reason: str, *, dry_run: bool) -> None:
    """Go back to the version that held a stage at a time.

    It is checked before anything moves: its files are there, it is in no quarantine, its approvals hold as the policy
    asks. The exit code of a dry run is 8 if something stands against it.
    """
    if not dry_run and not reason:
        raise click.UsageError("Say why with --reason, or look first with --dry-run.")
    with invocation.connect() as registry:
        plan = registry.roll_back(model, to, reason=reason, stage=stage, dry_run=dry_run)
    if invocation.as_json:
        show_json(plan.document)
    else:
        _show(plan, dry_run=dry_run)
    if not plan.ready:
        raise click.exceptions.Exit(EXIT_CODES[Kind.BLOCKED])


@click.command(
    "break-glass",
    cls=RegistryCommand,
    epilog=examples("modelkeep break-glass fraud/scorer:1.4.1 Production --reason 'outage'"),
)
@click.argument("reference", metavar="REF")
@click.argument("stage")
@click.option("--reason", required=True, help="Why it cannot wait.")
@pass_invocation
def break_glass(invocation: Invocation, reference: str, stage: str, reason: str) -> None:
    """Move a version in an emergency, without approvals.

    It goes back by itself when the time is over that the policy gives, and must be reviewed.
    """
    with invocation.connect() as registry:
        request = registry.break_glass(reference, stage, reason=reason)
    if invocation.as_json:
        show_json(request.document)
    else:
        say(f"{request.reference} is in {request.to_stage} for now; 'modelkeep review {request.id}' is to follow.")


@click.group(cls=RegistryGroup, epilog=examples("modelkeep data withdraw s3://lake/tx/2026-10 --reason consent"))
def data() -> None:
    """What models were trained on."""


@data.command(
    "withdraw",
    cls=RegistryCommand,
    epilog=examples("modelkeep data withdraw s3://lake/tx/2026-10 --reason consent"),
)
@click.argument("reference", metavar="URI|DIGEST")
@click.option("--reason", required=True, help="Why it must not be used any longer.")
@pass_invocation
def withdraw(invocation: Invocation, reference: str, reason: str) -> None:
    """Say that data must not be used any longer.

    Approvals of versions that were trained on it lapse. The first 50 of them that hold a stage are listed; `modelkeep
    live --trained-on` lists all.
    """
    with invocation.connect() as registry:
        found = registry.withdraw_data(reference, reason=reason).page(_LISTED)
    if invocation.as_json:
        live = [item.document for item in found.items]
        show_json({"reference": reference, "live": live, "next_page_token": found.next_token})
        return
    say(f"{reference} is withdrawn; approvals of what was trained on it no longer count.")
    if found.items:
        say("These hold a stage, and are to be approved again:")
        show_table(found.items, live_columns())
    if found.next_token:
        hint(f"There are more: 'modelkeep live --trained-on {reference}'.")


def _show(plan: "Rollback", *, dry_run: bool) -> None:
    fields = {
        "stage": plan.stage,
        "goes to" if dry_run else "went to": plan.reference,
        "leaves": ", ".join(plan.leaving),
        "review due": plan.review_due_at,
        "request": plan.request,
    }
    show_record(fields, [missing(plan.clauses)])
    if dry_run and plan.ready:
        hint("Nothing was changed. Leave out --dry-run and give a --reason to do it.")
