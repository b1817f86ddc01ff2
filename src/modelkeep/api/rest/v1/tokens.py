"""Tokens over REST. The secret of one is in the answer that makes it, and nowhere else."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from modelkeep.api.rest.dependencies import Call, CurrentCall, CurrentOpenCall, RequestedPage
from modelkeep.api.rest.requests import OpenRoute, RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.tokens import LeakIn, LeakOut, NewTokenOut, TokenIn, TokenOut
from modelkeep.domains.access import Token
from modelkeep.kernel.identity import PrincipalId, TokenId

router = APIRouter(prefix="/tokens", tags=["tokens"], route_class=RegistryRoute)
leak_router = APIRouter(prefix="/tokens", tags=["tokens"], route_class=OpenRoute)


@leak_router.post("/report-leak")
def report_leaked_token(body: LeakIn, call: CurrentOpenCall) -> LeakOut:
    """Revoke a token that whoever sends it has found; those made with it end as well."""
    return LeakOut(revoked=call.services.tokens.report_leak(body.token, call.request))


@router.post("", status_code=201)
def create_token(body: TokenIn, call: CurrentCall) -> NewTokenOut:
    """Make a token, no wider than the one that this request comes with."""
    made = call.services.tokens.create(call.actor, body.value())
    call.response.headers["Cache-Control"] = "no-store"
    return NewTokenOut.of_issued(made.value, _names(call, made.value.token), made.receipt)


@router.get("", response_model=ListOut[TokenOut])
def list_tokens(
    call: CurrentCall,
    page: RequestedPage,
    principal: Annotated[
        str | None, Query(description="Of whom; a service account, or anybody for administrators")
    ] = None,
) -> dict[str, Any]:
    """List the tokens that still open something, newest first: the caller's own, or somebody's they look after."""
    of = None if principal is None else PrincipalId(principal)
    found = call.services.tokens.list(call.actor, page, principal=of)
    names = _names(call, *found.items)
    return page_out(found, lambda item: TokenOut.of(item, names))


@router.get("/{token}")
def get_token(token: str, call: CurrentCall) -> TokenOut:
    """Return a token, without its secret."""
    found = call.services.tokens.get(call.actor, TokenId(token))
    return TokenOut.of(found, _names(call, found))


@router.delete("/{token}")
def revoke_token(token: str, call: CurrentCall) -> TokenOut:
    """Revoke a token, and all that were made with it."""
    revoked = call.services.tokens.revoke(call.actor, TokenId(token))
    return TokenOut.of(revoked.value, _names(call, revoked.value), revoked.receipt)


def _names(call: Call, *tokens: Token) -> dict[str, str]:
    return call.names(who for token in tokens for who in (token.principal_id, token.created_by) if who)
