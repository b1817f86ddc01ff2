"""Principals and groups over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import CurrentCall, RequestedPage
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.access import AccountOut, GroupIn, GroupOut, MemberOut, ServiceAccountIn
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.domains.access import Principal
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import PrincipalKind

router = APIRouter(tags=["access"], route_class=RegistryRoute)


@router.get("/principals", response_model=ListOut[AccountOut])
def list_principals(call: CurrentCall, page: RequestedPage, kind: PrincipalKind | None = None) -> dict[str, Any]:
    """List users, service accounts and CI identities, by name."""
    found = call.services.principals.list(call.actor, kind, page)
    names = call.names(item.owner_id for item in found.items if item.owner_id)
    return page_out(found, lambda item: AccountOut.of(item, names))


@router.get("/principals/{principal}")
def get_principal(principal: str, call: CurrentCall) -> AccountOut:
    """Return a principal, by id or by a name that only one has."""
    return _account(Recorded(call.services.principals.get(call.actor, principal), None), call)


@router.post("/principals/{principal}/disable")
def disable_principal(principal: str, call: CurrentCall) -> AccountOut:
    """Disable a principal: from now on it may do nothing, whatever it holds."""
    return _account(call.services.principals.disable(call.actor, principal), call)


@router.post("/service-accounts", status_code=201)
def create_service_account(body: ServiceAccountIn, call: CurrentCall) -> AccountOut:
    """Make a service account that a user answers for."""
    return _account(call.services.principals.create_service_account(call.actor, body.name, owner=body.owner), call)


@router.get("/groups", response_model=ListOut[GroupOut])
def list_groups(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List groups, by name."""
    found = call.services.groups.list(call.actor, page)
    names = call.names(item.created_by for item in found.items)
    return page_out(found, lambda item: GroupOut.of(item, names))


@router.post("/groups", status_code=201)
def create_group(body: GroupIn, call: CurrentCall) -> GroupOut:
    """Make a group."""
    created = call.services.groups.create(call.actor, body.name)
    return GroupOut.of(created.value, call.names([created.value.created_by]), created.receipt)


@router.delete("/groups/{group}")
def delete_group(group: str, call: CurrentCall) -> GroupOut:
    """Delete a group: everybody leaves it, and its bindings end."""
    deleted = call.services.groups.delete(call.actor, group)
    return GroupOut.of(deleted.value, call.names([deleted.value.created_by]), deleted.receipt)


@router.get("/groups/{group}/members", response_model=ListOut[MemberOut])
def list_members(group: str, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List who is in a group now."""
    found = call.services.groups.members(call.actor, group, page)
    names = call.names(who for item in found.items for who in (item.principal_id, item.added_by))
    return page_out(found, lambda item: MemberOut.of(item, names))


@router.put("/groups/{group}/members/{principal}")
def add_member(group: str, principal: str, call: CurrentCall) -> AccountOut:
    """Put a principal into a group; the caller must hold what the group holds."""
    return _account(call.services.groups.add(call.actor, group, principal), call)


@router.delete("/groups/{group}/members/{principal}")
def remove_member(group: str, principal: str, call: CurrentCall) -> AccountOut:
    """Take a principal out of a group."""
    return _account(call.services.groups.remove(call.actor, group, principal), call)


def _account(recorded: Recorded[Principal], call: CurrentCall) -> AccountOut:
    owner = recorded.value.owner_id
    return AccountOut.of(recorded.value, call.names([owner] if owner else []), recorded.receipt)
