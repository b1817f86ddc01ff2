"""Namespaces over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import (
    CurrentCall,
    RequestedList,
    RequestedPage,
    RequestedTime,
    SeenRevision,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.models import DescriptionIn, NamespaceIn, NamespaceOut

router = APIRouter(prefix="/namespaces", tags=["namespaces"], route_class=RegistryRoute)


@router.post("", status_code=201)
def create_namespace(body: NamespaceIn, call: CurrentCall) -> NamespaceOut:
    """Create a namespace."""
    created = call.services.namespaces.create(call.actor, body.name, description=body.description)
    call.show_revision(created.value.revision)
    return NamespaceOut.of(created.value, call.names([call.actor.id]), created.receipt)


@router.get("", response_model=ListOut[NamespaceOut])
def list_namespaces(call: CurrentCall, query: RequestedList, page: RequestedPage) -> dict[str, Any]:
    """List namespaces by name."""
    found = call.services.namespaces.list(call.actor, query, page)
    names = call.names(item.created_by for item in found.items)
    return page_out(found, lambda item: NamespaceOut.of(item, names))


@router.get("/{namespace}")
def get_namespace(namespace: str, call: CurrentCall, as_of: RequestedTime) -> NamespaceOut:
    """Return a namespace, now or as it was."""
    found = call.services.namespaces.get(call.actor, namespace, as_of=as_of)
    call.show_revision(found.revision)
    return NamespaceOut.of(found, call.names([found.created_by]))


@router.patch("/{namespace}")
def describe_namespace(
    namespace: str,
    body: DescriptionIn,
    call: CurrentCall,
    seen: SeenRevision,
) -> NamespaceOut:
    """Change the description of a namespace."""
    changed = call.services.namespaces.describe(call.actor, namespace, description=body.description, seen=seen)
    call.show_revision(changed.value.revision)
    return NamespaceOut.of(changed.value, call.names([changed.value.created_by]), changed.receipt)


@router.delete("/{namespace}")
def delete_namespace(namespace: str, call: CurrentCall, seen: SeenRevision) -> NamespaceOut:
    """Delete a namespace that has no models."""
    deleted = call.services.namespaces.delete(call.actor, namespace, seen=seen)
    return NamespaceOut.of(deleted.value, call.names([deleted.value.created_by]), deleted.receipt)
