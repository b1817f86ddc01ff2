"""Signatures of versions over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, RequestedPage, SelectedVersion
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.signatures import SignatureIn, SignatureOut
from modelkeep.kernel.model_signing import BUNDLE_MEDIA_TYPE
from modelkeep.kernel.references import ModelName, Reference, Selector

router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}/signatures",
    tags=["signatures"],
    route_class=RegistryRoute,
)


@router.post("", status_code=201, responses={200: {"model": SignatureOut, "description": "It was there before"}})
def add_signature(name: NamedModel, selector: SelectedVersion, body: SignatureIn, call: CurrentCall) -> SignatureOut:
    """Add a signature to a version. A trusted key must have made it, over exactly the files of the version."""
    recorded = call.services.signing.signatures.add(call.actor, _reference(name, selector), body.bundle)
    call.response.status_code = status_of(recorded)
    names = call.names([recorded.value.signature.added_by])
    return SignatureOut.of(recorded.value, names, recorded.receipt)


@router.get("", response_model=ListOut[SignatureOut])
def list_signatures(
    name: NamedModel, selector: SelectedVersion, call: CurrentCall, page: RequestedPage
) -> dict[str, Any]:
    """List the signatures of a version, the newest first, each verified now."""
    found = call.services.signing.signatures.list(call.actor, _reference(name, selector), page)
    names = call.names(checked.signature.added_by for checked in found.items)
    return page_out(found, lambda checked: SignatureOut.of(checked, names))


@router.get(
    "/{signature}/bundle",
    response_class=Response,
    responses={200: {"content": {BUNDLE_MEDIA_TYPE: {}}, "description": "The bundle, as other programs verify it"}},
)
def get_signature_bundle(
    name: NamedModel,
    selector: SelectedVersion,
    signature: Annotated[str, Path(description="The id of the signature")],
    call: CurrentCall,
) -> Response:
    """Return the bundle of a signature, as OpenSSF's model-signing verifies it."""
    found = call.services.signing.signatures.bundle(call.actor, _reference(name, selector), signature)
    headers = {"Content-Disposition": 'attachment; filename="model.sig"'}
    return Response(found.bundle, media_type=BUNDLE_MEDIA_TYPE, headers=headers)


def _reference(name: ModelName, selector: Selector) -> Reference:
    return Reference(None, name.namespace, name.name, selector, None)
