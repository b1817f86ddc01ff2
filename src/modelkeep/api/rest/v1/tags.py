"""Tags of models and versions over REST."""

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import (
    CurrentCall,
    NamedModel,
    SeenRevision,
    SelectedVersion,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.models import present_model
from modelkeep.api.rest.v1.schemas.models import ModelOut, TagIn
from modelkeep.api.rest.v1.schemas.versions import VersionOut
from modelkeep.api.rest.v1.versions import present_version

router = APIRouter(prefix="/models/{namespace}/{model}", tags=["tags"], route_class=RegistryRoute)


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
