"""Evidence packs over REST."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, SelectedVersion
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.kernel.references import Reference

router = APIRouter(prefix="/models/{namespace}/{model}/versions", tags=["evidence"], route_class=RegistryRoute)

_ZIP = "application/zip"


@router.get(
    "/{selector}/evidence",
    response_class=StreamingResponse,
    responses={200: {"content": {_ZIP: {}}, "description": "The pack"}},
)
def get_evidence(
    name: NamedModel,
    selector: SelectedVersion,
    call: CurrentCall,
    personal: Annotated[bool, Query(description="With texts that people typed and their names")] = True,  # noqa: FBT002 - a query parameter
) -> StreamingResponse:
    """Hand out what the registry knows of a version and can prove, as a zip that can be verified offline.

    That it was asked for is an entry of the audit log.
    """
    call.services.limits.export(call.actor)
    reference = Reference(None, name.namespace, name.name, selector, None)
    pack = call.services.signing.evidence.pack(call.actor, reference, personal=personal)
    headers = {"Content-Disposition": f'attachment; filename="{pack.name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pack.pieces, headers=headers, media_type=_ZIP)
