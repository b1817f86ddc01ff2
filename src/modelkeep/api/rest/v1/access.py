"""Who may do what over REST: bindings, why, and the review."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from modelkeep.api.rest.dependencies import CurrentCall, RequestedPage
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.access import (
    BindingIn,
    BindingOut,
    ExplanationOut,
    ReviewOut,
    permission_of,
)
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.domains.access import Binding, BindingQuery, Scope
from modelkeep.kernel.references import parse_time

router = APIRouter(prefix="/access", tags=["access"], route_class=RegistryRoute)


async def asked_time(
    as_of: Annotated[str | None, Query(description="As it was then: a date, or a time with its zone")] = None,
) -> datetime | None:
    """Read the time that is asked for; None for now."""
    return None if as_of is None else parse_time(as_of)


AsOf = Annotated[datetime | None, Depends(asked_time)]


@router.post("/bindings", status_code=201)
def grant_role(body: BindingIn, call: CurrentCall) -> BindingOut:
    """Give a role on the registry, a namespace or a model; needs `grant.write` there, and all that the role grants."""
    recorded = call.services.grants.grant(call.actor, body.value())
    call.response.status_code = status_of(recorded)
    return BindingOut.of(recorded.value, call.names(_people([recorded.value])), recorded.receipt)


@router.get("/bindings", response_model=ListOut[BindingOut])
def list_bindings(
    call: CurrentCall,
    page: RequestedPage,
    as_of: AsOf,
    subject: Annotated[str | None, Query(description="Of this principal (name or id), or of `group:NAME`")] = None,
    role: Annotated[str | None, Query(description="Of this role")] = None,
    scope: Annotated[str | None, Query(description="On exactly this scope")] = None,
) -> dict[str, Any]:
    """List bindings that nobody has ended, expired ones too: those the caller may read, and its own."""
    query = BindingQuery(role=role, scope=None if scope is None else Scope.parse(scope), as_of=as_of)
    found = call.services.grants.list(call.actor, query, page, subject=subject)
    names = call.names(_people(found.items))
    return page_out(found, lambda item: BindingOut.of(item, names))


@router.delete("/bindings/{binding}")
def revoke_role(
    binding: str, call: CurrentCall, reason: Annotated[str, Query(description="Why", max_length=4096)] = ""
) -> BindingOut:
    """Take a role back: it stops at once."""
    recorded = call.services.grants.revoke(call.actor, binding, reason=reason)
    return BindingOut.of(recorded.value, call.names(_people([recorded.value])), recorded.receipt)


@router.get("/explanation")
def explain(
    call: CurrentCall,
    permission: Annotated[str, Query(description="Such as `version.download`")],
    as_of: AsOf,
    subject: Annotated[str | None, Query(description="A principal, by name or id; by default the caller")] = None,
    scope: Annotated[str, Query(description="`*`, a namespace, or `namespace/model`")] = "*",
    stage: Annotated[str | None, Query(description="The stage, for a permission on stages")] = None,
) -> ExplanationOut:
    """Say why a principal may do something somewhere, or what is missing; about others it needs `grant.read` there."""
    found = call.services.explanations.explain(
        call.actor, subject, permission_of(permission), Scope.parse(scope), stage=stage, as_of=as_of
    )
    return ExplanationOut.of(found, call.names(item.binding.granted_by for item in found.holdings))


@router.get("/review", response_model=ListOut[ReviewOut])
def review_access(
    call: CurrentCall,
    page: RequestedPage,
    as_of: AsOf,
    scope: Annotated[str, Query(description="`*`, a namespace, or `namespace/model`")] = "*",
    permission: Annotated[str | None, Query(description="Such as `stage.approve`; by default any")] = None,
) -> dict[str, Any]:
    """List who holds a permission on a scope, around it or in it: through what, by whom, until when, and last used."""
    wanted = None if permission is None else permission_of(permission)
    found = call.services.grants.review(call.actor, Scope.parse(scope), page, permission=wanted, as_of=as_of)
    names = call.names(line.binding.granted_by for line in found.items)
    return page_out(found, lambda line: ReviewOut.of(line, names))


def _people(bindings: Iterable[Binding]) -> set[str]:
    return {
        who
        for binding in bindings
        for who in (binding.subject.id, binding.granted_by, binding.ended_by)
        if who is not None
    }
