"""What surrounds promotions over REST: inbox, comments, reviews, delegations, emergencies, rollbacks, data."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, RequestedPage, SelectedVersion
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.promotions import RequestId, list_live_versions, people_of, present_request
from modelkeep.api.rest.v1.schemas.common import ListOut, ReceiptOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.promotions import LiveVersionOut, PromotionIn, WholeRequestOut
from modelkeep.api.rest.v1.schemas.reviews import (
    CommentIn,
    CommentOut,
    DelegationIn,
    DelegationOut,
    InboxOut,
    ReviewIn,
    ReviewOut,
    RollbackIn,
    RollbackOut,
    WithdrawnDataIn,
    WithdrawnDataOut,
)
from modelkeep.domains.governance import LiveQuery, RollbackPlan
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Reference

router = APIRouter(tags=["promotion"], route_class=RegistryRoute)

DelegationId = Annotated[str, Path(description="The id of the delegation")]


@router.get("/inbox", response_model=ListOut[InboxOut])
def list_inbox(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List what waits for the caller: votes that lapsed, overdue reviews, votes, reviews, and their own requests."""
    found = call.services.governance.inbox.list(call.actor, page)
    people = {who for item in found.items for who in people_of(item.request)}
    names = call.names(people | {item.lapsed.voter for item in found.items if item.lapsed is not None})
    return page_out(found, lambda item: InboxOut.of(item, names))


@router.post("/models/{namespace}/{model}/versions/{selector}/break-glass", status_code=201)
def break_glass(name: NamedModel, selector: SelectedVersion, body: PromotionIn, call: CurrentCall) -> WholeRequestOut:
    """Move a version to a stage in an emergency, for as long as the policy lets it; a review follows."""
    reference = Reference(None, name.namespace, name.name, selector, None)
    emergencies = call.services.governance.emergencies
    return present_request(emergencies.break_glass(call.actor, reference, body.stage, reason=body.reason), call)


@router.post("/models/{namespace}/{model}/rollback")
def roll_back(name: NamedModel, body: RollbackIn, call: CurrentCall) -> RollbackOut:
    """Let the version that held a stage at a time hold it again, or say what that would do."""
    rollbacks = call.services.governance.rollbacks
    if body.dry_run:
        recorded: Recorded[RollbackPlan] = Recorded(rollbacks.plan(call.actor, name, body.value()), None)
    else:
        recorded = rollbacks.roll_back(call.actor, name, body.value())
    names = call.names(who for clause in recorded.value.clauses for who in clause.ask)
    return RollbackOut.of(recorded.value, names, recorded.receipt)


@router.get("/promotion-requests/{request}/comments", response_model=ListOut[CommentOut])
def list_comments(request: RequestId, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List what was said about a request, the oldest first."""
    found = call.services.governance.reviews.comments(call.actor, request, page)
    names = call.names(comment.author for comment in found.items)
    return page_out(found, lambda comment: CommentOut.of(comment, names))


@router.post("/promotion-requests/{request}/comments", status_code=201)
def add_comment(request: RequestId, body: CommentIn, call: CurrentCall) -> CommentOut:
    """Say something about a request; who may approve may give a verdict, and changes that are requested stop it."""
    recorded = call.services.governance.reviews.comment(call.actor, request, body.value())
    return CommentOut.of(recorded.value, call.names([call.actor.id]), recorded.receipt)


@router.post("/promotion-requests/{request}/review")
def finish_review(request: RequestId, body: ReviewIn, call: CurrentCall) -> ReviewOut:
    """Finish the review of a promotion in an emergency, or of a rollback, after the fact."""
    recorded = call.services.governance.reviews.finish(call.actor, request, body.verdict, comment=body.comment)
    review = recorded.value
    people = [*people_of(review.request), *(() if review.closed_by is None else (review.closed_by,))]
    return ReviewOut.of(review, call.names(people), recorded.receipt)


@router.get("/delegations", response_model=ListOut[DelegationOut])
def list_delegations(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the delegations that the caller made or received, the newest first."""
    found = call.services.governance.delegations.list(call.actor, page)
    names = call.names(who for one in found.items for who in (one.delegator, one.delegate))
    return page_out(found, lambda one: DelegationOut.of(one, names))


@router.post("/delegations", status_code=201)
def delegate(body: DelegationIn, call: CurrentCall) -> DelegationOut:
    """Let somebody answer requests in the caller's place, for a time: what the caller may answer, and no more."""
    recorded = call.services.governance.delegations.delegate(call.actor, body.value())
    made = recorded.value
    return DelegationOut.of(made, call.names([made.delegator, made.delegate]), recorded.receipt)


@router.post("/delegations/{delegation}/end")
def end_delegation(delegation: DelegationId, call: CurrentCall) -> DelegationOut:
    """End a delegation of the caller's before its time."""
    recorded = call.services.governance.delegations.end(call.actor, delegation)
    ended = recorded.value
    return DelegationOut.of(ended, call.names([ended.delegator, ended.delegate]), recorded.receipt)


@router.post(
    "/withdrawn-data",
    status_code=201,
    responses={200: {"model": WithdrawnDataOut, "description": "It was withdrawn before"}},
)
def withdraw_data(body: WithdrawnDataIn, call: CurrentCall) -> WithdrawnDataOut:
    """Withdraw data: approvals of versions that were trained on it no longer count."""
    recorded = call.services.governance.data.withdraw(call.actor, body.reference, reason=body.reason)
    call.response.status_code = status_of(recorded)
    data = recorded.value
    listed = list_live_versions(call, PageRequest(), LiveQuery(trained_on=data.reference))
    live = ListOut[LiveVersionOut].model_validate(listed)
    audit = ReceiptOut.of(recorded.receipt)
    return WithdrawnDataOut(reference=data.reference, withdrawn_at=data.withdrawn_at, live=live, audit=audit)
