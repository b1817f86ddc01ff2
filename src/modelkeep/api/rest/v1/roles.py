"""Roles over REST."""

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import CurrentCall, SeenRevision
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.access import RoleIn, RoleOut, RolePatchIn, RolesOut, permissions_of

router = APIRouter(prefix="/roles", tags=["access"], route_class=RegistryRoute)


@router.get("")
def list_roles(call: CurrentCall) -> RolesOut:
    """List all roles, the built-in ones first: at most 1,000 beside those, and never by pages."""
    return RolesOut(items=[RoleOut.of(role) for role in call.services.roles.list()])


@router.get("/{role}")
def get_role(role: str, call: CurrentCall) -> RoleOut:
    """Return a role."""
    found = call.services.roles.get(role)
    call.show_revision(found.revision)
    return RoleOut.of(found)


@router.post("", status_code=201)
def create_role(body: RoleIn, call: CurrentCall) -> RoleOut:
    """Make a role out of permissions that the caller holds on the whole registry."""
    created = call.services.roles.create(
        call.actor, body.name, permissions=permissions_of(body.permissions), description=body.description
    )
    call.show_revision(created.value.revision)
    return RoleOut.of(created.value, created.receipt)


@router.patch("/{role}")
def update_role(role: str, body: RolePatchIn, call: CurrentCall, seen: SeenRevision) -> RoleOut:
    """Change what a role grants, at once and for everybody who holds it."""
    permissions = None if body.permissions is None else permissions_of(body.permissions)
    changed = call.services.roles.update(
        call.actor, role, permissions=permissions, description=body.description, seen=seen
    )
    call.show_revision(changed.value.revision)
    return RoleOut.of(changed.value, changed.receipt)


@router.delete("/{role}")
def delete_role(role: str, call: CurrentCall, seen: SeenRevision) -> RoleOut:
    """Delete a role that nobody holds."""
    deleted = call.services.roles.delete(call.actor, role, seen=seen)
    return RoleOut.of(deleted.value, deleted.receipt)
