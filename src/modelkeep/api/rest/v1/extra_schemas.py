"""What namespaces ask of `extra` in their cards, over REST."""

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import Call, CurrentCall, RequestedTime, SeenRevision
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.cards import ExtraSchemaIn, ExtraSchemaOut
from modelkeep.domains.cards import ExtraSchema
from modelkeep.kernel.events import Recorded

router = APIRouter(prefix="/namespaces/{namespace}/card-schema", tags=["cards"], route_class=RegistryRoute)


@router.get("")
def get_extra_schema(namespace: str, call: CurrentCall, as_of: RequestedTime) -> ExtraSchemaOut:
    """Return the JSON Schema of `extra` in the cards of a namespace, now or as it was."""
    found = call.services.cards.extra_schemas.get(call.actor, namespace, as_of=as_of)
    return _present(Recorded(found, found.entry), call)


@router.put("")
def set_extra_schema(namespace: str, body: ExtraSchemaIn, call: CurrentCall, seen: SeenRevision) -> ExtraSchemaOut:
    """Ask this of `extra` in each card that is changed from now on; where nothing was asked, the revision is 0."""
    return _present(call.services.cards.extra_schemas.set(call.actor, namespace, body.document, seen=seen), call)


@router.delete("")
def remove_extra_schema(namespace: str, call: CurrentCall, seen: SeenRevision) -> ExtraSchemaOut:
    """Ask nothing of `extra` any more."""
    return _present(call.services.cards.extra_schemas.remove(call.actor, namespace, seen=seen), call)


def _present(recorded: Recorded[ExtraSchema], call: Call) -> ExtraSchemaOut:
    schema = recorded.value
    call.show_revision(schema.revision)
    return ExtraSchemaOut.of(schema, call.names([schema.set_by]), recorded.receipt)
