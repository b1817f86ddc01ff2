"""Promotions over REST: asked for, answered, explained, made."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from modelkeep.api.rest.dependencies import Call, CurrentCall, NamedModel, RequestedPage, RequestedTime, SelectedVersion
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.promotions import (
    ApprovalsOut,
    LiveVersionOut,
    PromotionIn,
    RequestOut,
    VoteIn,
    WholeRequestOut,
    WhyOut,
    WithdrawalIn,
)
from modelkeep.domains.governance import Asked, LiveQuery, PromotionRequest, RequestQuery, RequestStatus, Situation
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.references import ModelName, Reference

router = APIRouter(prefix="/promotion-requests", tags=["promotion"], route_class=RegistryRoute)
version_router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}", tags=["promotion"], route_class=RegistryRoute
)

live_router = APIRouter(prefix="/live-versions", tags=["promotion"], route_class=RegistryRoute)


def live_query(
    model: Annotated[str | None, Query(description="Only of this model", examples=["fraud/scorer"])] = None,
    stage: Annotated[str | None, Query(description="Only in this stage", examples=["Production"])] = None,
    trained_on: Annotated[
        str | None, Query(description="Only those trained on the data with this URI or digest", max_length=8192)
    ] = None,
    *,
    not_renewed: Annotated[
        bool, Query(description="Only those whose approvals have lapsed, or are to be looked at again")
    ] = False,
) -> LiveQuery:
    """Read which versions are asked for."""
    return LiveQuery(None if model is None else ModelName.parse(model), stage, trained_on, lacking=not_renewed)


RequestedLive = Annotated[LiveQuery, Depends(live_query)]
RequestId = Annotated[str, Path(description="The id of the request")]


@version_router.post(
    "/promotion-requests",
    status_code=201,
    responses={200: {"model": WholeRequestOut, "description": "It had been asked for before"}},
)
def request_promotion(
    name: NamedModel, selector: SelectedVersion, body: PromotionIn, call: CurrentCall
) -> WholeRequestOut:
    """Ask that a version move to a stage; a move that the policy makes by itself is made at once if it can be."""
    reference = Reference(None, name.namespace, name.name, selector, None)
    recorded = call.services.governance.promotions.request(call.actor, reference, body.stage, reason=body.reason)
    call.response.status_code = status_of(recorded)
    return present_request(recorded, call)


@version_router.get("/promotion")
def explain_promotion(
    name: NamedModel,
    selector: SelectedVersion,
    stage: Annotated[str, Query(description="Where it is to go", examples=["Production"])],
    call: CurrentCall,
) -> WhyOut:
    """Say what stands against a version's move to a stage, clause by clause, and what to do about it."""
    reference = Reference(None, name.namespace, name.name, selector, None)
    found = call.services.governance.promotions.why(call.actor, reference, stage)
    return WhyOut.of(found, call.names(_asked(found)))


@version_router.get("/approvals")
def get_approvals(name: NamedModel, selector: SelectedVersion, call: CurrentCall, as_of: RequestedTime) -> ApprovalsOut:
    """Say by whose approvals a version holds its stage, or held it then."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    version, found = call.services.governance.approvals.of_version(call.actor, reference)
    people = () if found.request is None else people_of(found.request)
    names = call.names([*people, *(who for vote in found.votes for who in vote.people)])
    return ApprovalsOut.of(version.reference, found, names)


@live_router.get("", response_model=ListOut[LiveVersionOut])
def list_live_versions(call: CurrentCall, page: RequestedPage, query: RequestedLive) -> dict[str, Any]:
    """List the versions that hold a stage by a promotion, of models that the caller may see, the newest first."""
    found = call.services.governance.approvals.live(call.actor, query, page)
    names = call.names(who for item in found.items for who in people_of(item.promotion))
    return page_out(found, lambda item: LiveVersionOut.of(item, names))


@router.get("", response_model=ListOut[RequestOut])
def list_promotion_requests(
    call: CurrentCall,
    page: RequestedPage,
    model: Annotated[str | None, Query(description="Only of this model", examples=["fraud/scorer"])] = None,
    status: Annotated[RequestStatus | None, Query(description="Only those that stand so")] = None,
    requested_by: Annotated[str | None, Query(description="Only those of the principal with this id")] = None,
) -> dict[str, Any]:
    """List the requests about models that the caller may see, the newest first."""
    query = RequestQuery(
        model=None if model is None else ModelName.parse(model),
        status=status,
        requested_by=None if requested_by is None else PrincipalId(requested_by),
    )
    found = call.services.governance.promotions.list(call.actor, query, page)
    names = call.names(who for item in found.items for who in people_of(item))
    return page_out(found, lambda item: RequestOut.of(item, names))


@router.get("/{request}")
def get_promotion_request(request: RequestId, call: CurrentCall) -> WholeRequestOut:
    """Return a request, the votes on it, and while it is open what it lacks."""
    return present_request(Recorded(call.services.governance.promotions.get(call.actor, request), None), call)


@router.post("/{request}/votes")
def cast_vote(request: RequestId, body: VoteIn, call: CurrentCall) -> WholeRequestOut:
    """Approve or reject a request; a new answer takes the place of the caller's last one."""
    return present_request(call.services.governance.votes.cast_vote(call.actor, request, body.value()), call)


@router.post("/{request}/promote")
def promote(request: RequestId, call: CurrentCall) -> WholeRequestOut:
    """Make the move that was asked for, if nothing stands against it; else the problem lists what does."""
    return present_request(call.services.governance.promotions.promote(call.actor, request), call)


@router.post("/{request}/withdraw")
def withdraw_promotion_request(request: RequestId, body: WithdrawalIn, call: CurrentCall) -> WholeRequestOut:
    """Take a request back."""
    return present_request(call.services.governance.promotions.withdraw(call.actor, request, reason=body.reason), call)


def present_request(recorded: Recorded[Asked], call: Call) -> WholeRequestOut:
    """Present a request with its revision, how it stands and, after a change, its receipt."""
    asked = recorded.value
    call.show_revision(asked.request.revision)
    votes = (who for vote in asked.votes for who in vote.people)
    found = () if asked.situation is None else _asked(asked.situation)
    return WholeRequestOut.whole(asked, call.names([*people_of(asked.request), *votes, *found]), recorded.receipt)


def people_of(request: PromotionRequest) -> Iterator[PrincipalId]:
    """Return who has a part in a request."""
    yield request.requested_by
    if request.closed_by is not None:
        yield request.closed_by


def _asked(found: Situation) -> Iterator[PrincipalId]:
    return (who for clause in found.clauses for who in clause.ask)
