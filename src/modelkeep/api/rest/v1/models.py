"""Models over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    NamedModel,
    RequestedList,
    RequestedPage,
    RequestedTime,
    SeenRevision,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.aliases import StageOut
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.models import ModelIn, ModelOut, ModelPatchIn
from modelkeep.domains.catalog import Model
from modelkeep.kernel.events import Recorded

router = APIRouter(prefix="/models", tags=["models"], route_class=RegistryRoute)


@router.post("", status_code=201)
def create_model(body: ModelIn, call: CurrentCall) -> ModelOut:
    """Create a model in a namespace that is there."""
    return present_model(call.services.models.create(call.actor, body.value()), call)


@router.get("", response_model=ListOut[ModelOut])
def list_models(call: CurrentCall, query: RequestedList, page: RequestedPage) -> dict[str, Any]:
    """List models. Orders: `name`, `created`, `changed`."""
    found = call.services.models.list(call.actor, query, page)
    names = call.names(who for item in found.items for who in (item.created_by, item.changed_by))
    return page_out(found, lambda item: ModelOut.of(item, names))


@router.get("/{namespace}/{model}")
def get_model(name: NamedModel, call: CurrentCall, as_of: RequestedTime) -> ModelOut:
    """Return a model, now or as it was."""
    return present_model(Recorded(call.services.models.get(call.actor, name, as_of=as_of), None), call)


@router.patch("/{namespace}/{model}")
def update_model(
    name: NamedModel,
    body: ModelPatchIn,
    call: CurrentCall,
    seen: SeenRevision,
) -> ModelOut:
    """Change what people say of a model."""
    return present_model(call.services.models.update(call.actor, name, body.value(), seen=seen), call)


@router.delete("/{namespace}/{model}")
def delete_model(name: NamedModel, call: CurrentCall, seen: SeenRevision) -> ModelOut:
    """Delete a model and hide its versions; it can be restored. Refused while it has aliases."""
    return present_model(call.services.models.delete(call.actor, name, seen=seen), call)


@router.post("/{namespace}/{model}/restore")
def restore_model(name: NamedModel, call: CurrentCall) -> ModelOut:
    """Bring a deleted model back."""
    return present_model(call.services.models.restore(call.actor, name), call)


@router.get("/{namespace}/{model}/stages", response_model=ListOut[StageOut])
def list_stages(name: NamedModel, call: CurrentCall, page: RequestedPage, as_of: RequestedTime) -> dict[str, Any]:
    """List the stages that the model's versions held, newest first; `audit` is the entry that made it so."""
    found = call.services.models.stages(call.actor, name, page, as_of=as_of)
    names = call.names(who for item in found.items for who in (item.set_by, item.ended_by) if who)
    return page_out(found, lambda item: StageOut.of(item, names))


def present_model(recorded: Recorded[Model], call: Call) -> ModelOut:
    """Present a model with its revision and, after a change, its receipt."""
    model = recorded.value
    call.show_revision(model.revision)
    return ModelOut.of(model, call.names([model.created_by, model.changed_by]), recorded.receipt)
