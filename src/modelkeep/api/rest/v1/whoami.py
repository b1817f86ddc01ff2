"""Who the bearer of a token is."""

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import CurrentCall
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import Out

router = APIRouter(tags=["access"], route_class=RegistryRoute)


class WhoamiOut(Out):
    """The principal behind a token."""

    id: str
    name: str
    kind: str
    roles: list[str]
    token_id: str | None


@router.get("/whoami")
def whoami(call: CurrentCall) -> WhoamiOut:
    """Return the principal behind the token."""
    return WhoamiOut(
        id=call.actor.id,
        name=call.actor.name,
        kind=call.actor.kind.value,
        roles=sorted(call.actor.roles),
        token_id=call.actor.token_id,
    )
