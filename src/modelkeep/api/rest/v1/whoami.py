"""Who the bearer of a token is."""

from typing import Self

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import CurrentCall
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import Out, Timestamp
from modelkeep.domains.access import Token

router = APIRouter(tags=["access"], route_class=RegistryRoute)


class UsedTokenOut(Out):
    """The token of this request."""

    id: str
    name: str
    permissions: list[str]
    scopes: list[str]
    networks: list[str]
    expires_at: Timestamp

    @classmethod
    def of(cls, token: Token) -> Self:
        """Present a token."""
        return cls(
            id=token.id,
            name=token.name,
            permissions=sorted(token.permissions),
            scopes=sorted(token.scopes),
            networks=list(token.networks),
            expires_at=token.expires_at,
        )


class WhoamiOut(Out):
    """The principal behind a token or a session; `token` is null for a session."""

    id: str
    name: str
    kind: str
    roles: list[str]
    token_id: str | None
    token: UsedTokenOut | None


@router.get("/whoami")
def whoami(call: CurrentCall) -> WhoamiOut:
    """Return who the registry takes the caller for, and how far the token reaches."""
    token = call.services.tokens.current(call.actor)
    return WhoamiOut(
        id=call.actor.id,
        name=call.actor.name,
        kind=call.actor.kind.value,
        roles=sorted(call.actor.roles),
        token_id=call.actor.token_id,
        token=None if token is None else UsedTokenOut.of(token),
    )
