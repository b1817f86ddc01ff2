"""Tags of models and versions over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    NamedModel,
    RequestedPage,
    RequestedTime,
    SeenRevision,
    SelectedVersion,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.models import present_model
from modelkeep.api.rest.v1.schemas.aliases import TagOut
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.models import ModelOut, TagIn
from modelkeep.api.rest.v1.schemas.versions import VersionOut
from modelkeep.api.rest.v1.versions import present_version
from modelkeep.domains.catalog import TagInterval
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import Reference

router = APIRouter(prefix="/models/{namespace}/{model}", tags=["tags"], route_class=RegistryRoute)


@router.get("/tags", response_model=ListOut[TagOut])
def list_model_tags(name: NamedModel, call: CurrentCall, page: RequestedPage, as_of: RequestedTime) -> dict[str, Any]:
    """List the tags a model has, or had, by key; `audit` is the entry that made it so."""
    return _page(call.services.models.tags(call.actor, name, page, as_of=as_of), call)


@router.get("/tags/{key}/history", response_model=ListOut[TagOut])
def list_model_tag_history(
    name: NamedModel, key: str, call: CurrentCall, page: RequestedPage, as_of: RequestedTime
) -> dict[str, Any]:
    """List the values a tag of a model had, newest first; with `as_of`, as far as it was known then."""
    return _page(call.services.models.tags(call.actor, name, page, key=key, as_of=as_of), call)


@router.get("/versions/{selector}/tags", response_model=ListOut[TagOut])
def list_version_tags(
    name: NamedModel, selector: SelectedVersion, call: CurrentCall, page: RequestedPage, as_of: RequestedTime
) -> dict[str, Any]:
    """List the tags a version has, or had, by key; `audit` is the entry that made it so."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    return _page(call.services.versions.tags(call.actor, reference, page), call)


@router.get("/versions/{selector}/tags/{key}/history", response_model=ListOut[TagOut])
def list_version_tag_history(
    name: NamedModel,
    selector: SelectedVersion,
    key: str,
    call: CurrentCall,
    page: RequestedPage,
    as_of: RequestedTime,
) -> dict[str, Any]:
    """List the values a tag of a version had, newest first; with `as_of`, as far as it was known then."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    return _page(call.services.versions.tags(call.actor, reference, page, key=key), call)


@router.put("/tags/{key}")
def set_model_tag(
    name: NamedModel,
    key: str,
    body: TagIn,
    call: CurrentCall,
    seen: SeenRevision,
) -> ModelOut:
    """Set a tag of a model."""
    return present_model(call.services.models.set_tag(call.actor, name, key, body.value, seen=seen), call)


@router.delete("/tags/{key}")
def remove_model_tag(
    name: NamedModel,
    key: str,
    call: CurrentCall,
    seen: SeenRevision,
) -> ModelOut:
    """Remove a tag of a model."""
    return present_model(call.services.models.remove_tag(call.actor, name, key, seen=seen), call)


@router.put("/versions/{selector}/tags/{key}")
def set_version_tag(
    name: NamedModel,
    selector: SelectedVersion,
    key: str,
    body: TagIn,
    call: CurrentCall,
    seen: SeenRevision,
) -> VersionOut:
    """Set a tag of a version."""
    changed = call.services.versions.set_tag(call.actor, name, selector, key, body.value, seen=seen)
    return present_version(changed, call)


@router.delete("/versions/{selector}/tags/{key}")
def remove_version_tag(
    name: NamedModel,
    selector: SelectedVersion,
    key: str,
    call: CurrentCall,
    seen: SeenRevision,
) -> VersionOut:
    """Remove a tag of a version."""
    return present_version(call.services.versions.remove_tag(call.actor, name, selector, key, seen=seen), call)


def _page(page: Page[TagInterval], call: Call) -> dict[str, Any]:
    names = call.names(who for item in page.items for who in (item.set_by, item.ended_by) if who)
    return page_out(page, lambda item: TagOut.of(item, names))
