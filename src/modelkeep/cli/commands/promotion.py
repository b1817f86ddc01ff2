"""How versions move from stage to stage: `promote`, `approve`, `reject`, `review`, `comment`, `why` and the like."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.errors import EXIT_CODES
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, hint, say, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.text import cell
from modelkeep.kernel.errors import Kind

if TYPE_CHECKING:
    from modelkeep.client.promotions import Clause, PromotionRequest, Vote
    from modelkeep.client.reviews import RequestComment, Verdict
    from modelkeep.client.values import StageInterval
    from modelkeep.kernel.canonical_json import Json

_STATES = ("open", "promoted", "rejected", "withdrawn", "expired")


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep promote fraud/scorer:1.4.0 Staging --reason 'better on Q3'"),
)
@click.argument("reference", metavar="REF")
@click.argument("stage")
@click.option("--reason", required=True, help="Why, for those who are asked.")
@pass_invocation
def promote(invocation: Invocation, reference: str, stage: str, reason: str) -> None:
    """Move a version to a stage, or ask for it.

    If nothing stands against the move it is made. Otherwise the request stays open, what is missing is shown, and the
    exit code is 8; run the command again when the approvals are in. For a version that holds the stage, and whose
    approvals have lapsed, it asks for a renewal of them.
    """
    with invocation.connect() as registry:
        request = registry.request_promotion(reference, stage, reason=reason)
        if request.status == "open" and request.ready:
            request = registry.promote(request.id)
    _show(invocation, request)
    if request.status == "open":
        hint(f"The request stays open. Who may answer it: 'modelkeep approve {request.id}'.")
        raise click.exceptions.Exit(EXIT_CODES[Kind.BLOCKED])


@click.command(cls=RegistryCommand, epilog=examples("modelkeep approve REQUEST --comment 'evaluated on Q3'"))
@click.argument("request")
@click.option("--comment", default="", help="What the others should know.")
@click.option("--step", help="The step that is answered, where you could answer several.")
@click.option("--condition", default="", metavar="TEXT", help="Under what it is approved.")
@click.option("--max-traffic", type=click.IntRange(1, 100), metavar="PERCENT", help="The most traffic it may take.")
@click.option("--until", metavar="TIME", help="Until when the approval counts: a date, or a time with its zone.")
@pass_invocation
def approve(
    invocation: Invocation, /, request: str, comment: str, step: str | None, condition: str, **terms: str | int | None
) -> None:
    """Approve a request for promotion.

    The approval is for what the version is now: when its card, its metrics or what the policy asks for change, it
    lapses, and you are asked again.
    """
    with invocation.connect() as registry:
        given = _conditions(condition, terms)
        answered = registry.approve(request, comment=comment, step=step, conditions=given)
    _show(invocation, answered)


@click.command(cls=RegistryCommand, epilog=examples("modelkeep reject REQUEST --comment 'no bias assessment'"))
@click.argument("request")
@click.option("--comment", required=True, help="Why, for who asked.")
@click.option("--step", help="The step that is answered, where you could answer several.")
@pass_invocation
def reject(invocation: Invocation, request: str, comment: str, step: str | None) -> None:
    """Reject a request for promotion: it is closed."""
    with invocation.connect() as registry:
        answered = registry.reject(request, comment=comment, step=step)
    _show(invocation, answered)


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep review REQUEST", "modelkeep review REQUEST --verdict accepted --comment 'it was needed'"
    ),
)
@click.argument("request")
@click.option(
    "--verdict", type=click.Choice(["accepted", "objected"]), help="Finish the review of what was done at once."
)
@click.option("--comment", default="", help="What the review came to.")
@pass_invocation
def review(invocation: Invocation, request: str, verdict: str | None, comment: str) -> None:
    """Show a request: what it lacks, and who has said what.

    With --verdict, finish the review that follows a rollback, or a promotion in an emergency.
    """
    if comment and verdict is None:
        raise click.UsageError("--comment goes with --verdict; to say something else: 'modelkeep comment'.")
    with invocation.connect() as registry:
        if verdict is not None:
            registry.finish_review(request, verdict, comment=comment)
        found = registry.get_promotion_request(request)
        said = [] if invocation.as_json else list(registry.list_comments(request))
    _show(invocation, found, said)


@click.command(cls=RegistryCommand, epilog=examples("modelkeep comment REQUEST 'where is the bias assessment?'"))
@click.argument("request")
@click.argument("text")
@click.option(
    "--verdict",
    type=click.Choice(["comment", "approve", "request_changes"]),
    default="comment",
    show_default=True,
    help="Changes that are requested stop the request.",
)
@click.option("--thread", metavar="COMMENT", help="The comment that it answers.")
@pass_invocation
def comment(invocation: Invocation, request: str, text: str, verdict: "Verdict", thread: str | None) -> None:
    """Say something about a request."""
    with invocation.connect() as registry:
        made = registry.add_comment(request, text, verdict=verdict, thread=thread)
    if invocation.as_json:
        show_json(made.document)
    else:
        say(f"Comment {made.id} is there.")


@click.command(cls=RegistryCommand, epilog=examples("modelkeep requests fraud/scorer --status open"))
@click.argument("model", required=False)
@click.option("--status", type=click.Choice(_STATES), help="Only those that stand so.")
@paged
@pass_invocation
def requests(invocation: Invocation, model: str | None, status: str | None, **window: Unpack[WindowOptions]) -> None:
    """List requests for promotion, the newest first."""
    with invocation.connect() as registry:
        listing = registry.list_promotion_requests(model=model, status=status)  # type: ignore[arg-type]  # click has checked it
        show_list(invocation, listing, _columns(), window)


@click.command(cls=RegistryCommand, epilog=examples("modelkeep stages fraud/scorer"))
@click.argument("model")
@click.option("--as-of", metavar="TIME", help="As far as it was known then.")
@paged
@pass_invocation
def stages(invocation: Invocation, model: str, as_of: str | None, **window: Unpack[WindowOptions]) -> None:
    """List which version held which stage, and when."""
    with invocation.connect() as registry:
        show_list(invocation, registry.stage_history(model, as_of=as_of), _stage_columns(), window)


@click.command(cls=RegistryCommand, epilog=examples("modelkeep why fraud/scorer:1.4.0 Production"))
@click.argument("reference", metavar="REF")
@click.argument("stage")
@pass_invocation
def why(invocation: Invocation, reference: str, stage: str) -> None:
    """Say why a version may or may not move to a stage.

    Clause by clause: what holds, what does not, what to do about it, and whom to ask. The exit code is 8 if something
    stands against it.
    """
    with invocation.connect() as registry:
        found = registry.why(reference, stage)
    if invocation.as_json:
        show_json(found.document)
    else:
        fields = {
            "version": found.reference,
            "move": f"{found.from_stage} to {found.to_stage}",
            "policy": found.policy,
            "request": found.request,
            "ready": "yes" if found.ready else "no",
        }
        show_record(fields, _clauses(found.clauses))
    if not found.ready:
        raise click.exceptions.Exit(EXIT_CODES[Kind.BLOCKED])


@click.command(cls=RegistryCommand, epilog=examples("modelkeep withdraw REQUEST --reason 'a better one is coming'"))
@click.argument("request")
@click.option("--reason", default="", help="Why.")
@pass_invocation
def withdraw(invocation: Invocation, request: str, reason: str) -> None:
    """Take a request for promotion back."""
    with invocation.connect() as registry:
        found = registry.withdraw_promotion_request(request, reason=reason)
    _show(invocation, found)


def _conditions(text: str, terms: "dict[str, str | int | None]") -> "dict[str, Json]":
    from modelkeep.kernel.references import parse_time  # noqa: PLC0415 - not for --help

    given: dict[str, Json] = {"text": text} if text else {}
    if terms["max_traffic"] is not None:
        given["terms"] = {"max_traffic_percent": terms["max_traffic"]}
    if terms["until"] is not None:
        given["expires_at"] = parse_time(str(terms["until"])).isoformat()
    return given


def _show(invocation: Invocation, request: "PromotionRequest", said: "Sequence[RequestComment]" = ()) -> None:
    if invocation.as_json:
        show_json(request.document)
        return
    closed = f"{cell(request.closed_at)} by {request.closed_by.name}" if request.closed_at else ""
    fields = {
        "request": request.id,
        "version": request.reference,
        "move": f"stays in {request.to_stage}" if request.renews else f"{request.from_stage} to {request.to_stage}",
        "renews": request.renews,
        "status": request.status,
        "policy": request.policy,
        "reason": request.reason,
        "requested": f"{cell(request.requested_at)} by {request.requested_by.name}",
        "expires": request.expires_at,
        "closed": closed,
    }
    votes = Section("answers", [_vote(vote) for vote in request.votes])
    comments = [(one.author.name, cell(one.made_at), one.verdict.replace("_", " "), one.text) for one in said]
    show_record(fields, [*_clauses(request.clauses), votes, Section("comments", comments)])


def _clauses(clauses: "Sequence[Clause]") -> "Iterator[Section]":
    yield missing(clauses)
    yield Section("warnings", [_clause(clause) for clause in clauses if not clause.blocks and not clause.holds])
    yield Section("in order", [(clause.name, clause.says) for clause in clauses if clause.holds])


def missing(clauses: "Sequence[Clause]") -> Section:
    """Return what stands against a move, what to do about it, and whom to ask."""
    return Section("missing", [_clause(clause) for clause in clauses if clause.blocks and not clause.holds])


def _clause(clause: "Clause") -> tuple[str, str]:
    ask = f"ask {', '.join(who.name for who in clause.ask)}" if clause.ask else ""
    return clause.name, "; ".join(filter(None, [clause.says, clause.to_do, ask]))


def _vote(vote: "Vote") -> tuple[str, str, str, str]:
    counts = f"no longer counts ({'; '.join(vote.differences) or vote.lapse})" if vote.ended_at else ""
    return vote.voter.name, f"{vote.decision} as {vote.step}", cell(vote.cast_at), counts or vote.comment


def stage_asked(request: "PromotionRequest") -> str:
    """Return where a version is to go, or that it is to stay."""
    return f"{request.to_stage} (renewal)" if request.renews else request.to_stage


def _stage_columns() -> "list[Column[StageInterval]]":
    return [
        Column("STAGE", lambda item: item.stage),
        Column("VERSION", lambda item: item.version),
        Column("SINCE", lambda item: item.since, age=True),
        Column("UNTIL", lambda item: item.until, age=True),
        Column("BY", lambda item: item.set_by.name, cut=True),
    ]


def _columns() -> "list[Column[PromotionRequest]]":
    return [
        Column("REQUEST", lambda item: item.id),
        Column("VERSION", lambda item: item.reference),
        Column("TO", stage_asked),
        Column("STATUS", lambda item: item.status),
        Column("BY", lambda item: item.requested_by.name, cut=True),
        Column("REQUESTED", lambda item: item.requested_at, age=True),
    ]
