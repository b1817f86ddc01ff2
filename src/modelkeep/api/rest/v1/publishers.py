"""Publishers over REST, and the tokens of their CI jobs."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import Call, CurrentCall, CurrentOpenCall, RequestedPage
from modelkeep.api.rest.requests import OpenRoute, RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.logins import AudienceOut, MintedTokenOut, MintIn, PublisherIn, PublisherOut
from modelkeep.domains.access import Publisher
from modelkeep.kernel.events import Recorded

router = APIRouter(prefix="/publishers", tags=["logins"], route_class=RegistryRoute)
ci_router = APIRouter(prefix="/ci", tags=["logins"], route_class=OpenRoute)


@router.post("", status_code=201)
def create_publisher(body: PublisherIn, call: CurrentCall) -> PublisherOut:
    """Let CI jobs act with a role on scopes."""
    return _one(call.services.logins.publishing.create(call.actor, body.value()), call)


@router.get("", response_model=ListOut[PublisherOut])
def list_publishers(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List publishers by name."""
    found = call.services.logins.publishing.list(call.actor, page)
    names = call.names(who for item in found.items for who in (item.principal_id, item.created_by))
    return page_out(found, lambda item: PublisherOut.of(item, names))


@router.get("/{publisher}")
def get_publisher(publisher: str, call: CurrentCall) -> PublisherOut:
    """Return a publisher."""
    return _one(Recorded(call.services.logins.publishing.get(call.actor, publisher), None), call)


@router.delete("/{publisher}")
def delete_publisher(publisher: str, call: CurrentCall) -> PublisherOut:
    """Delete a publisher: tokens that its jobs have stop working."""
    return _one(call.services.logins.publishing.delete(call.actor, publisher), call)


@ci_router.get("/audience")
def get_ci_audience(call: CurrentOpenCall) -> AudienceOut:
    """Return the audience that the identity token of a CI job must have."""
    return AudienceOut(audience=call.services.logins.publishing.audience)


@ci_router.post("/mint", status_code=201)
def mint_ci_token(body: MintIn, call: CurrentOpenCall) -> MintedTokenOut:
    """Exchange the identity token of a CI job for a token of this registry; each identity token counts once."""
    call.keep_nowhere()
    minted = call.services.logins.publishing.mint(body.identity_token, body.publisher, call.request)
    return MintedTokenOut.of(minted)


def _one(recorded: Recorded[Publisher], call: Call) -> PublisherOut:
    publisher = recorded.value
    names = call.names((publisher.principal_id, publisher.created_by))
    return PublisherOut.of(publisher, names, recorded.receipt)
