"""Keys that are trusted to sign models over REST: those of the registry, and those of namespaces."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from modelkeep.api.rest.dependencies import Call, CurrentCall, RequestedPage, RequestedTime
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.signatures import RevocationIn, SigningKeyIn, SigningKeyOut
from modelkeep.domains.access import REGISTRY, Scope
from modelkeep.domains.governance import TrustedKey
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import check_namespace

router = APIRouter(tags=["signatures"], route_class=RegistryRoute)

KeyId = Annotated[str, Path(description="The id of the key")]
_BEFORE: dict[int | str, dict[str, Any]] = {200: {"model": SigningKeyOut, "description": "It was trusted before"}}


@router.post("/signing-keys", status_code=201, responses=_BEFORE)
def trust_signing_key(body: SigningKeyIn, call: CurrentCall) -> SigningKeyOut:
    """Trust a key or an authority in the whole registry."""
    return _trusted(call.services.signing.keys.trust(call.actor, REGISTRY, body.value()), call)


@router.get("/signing-keys", response_model=ListOut[SigningKeyOut])
def list_signing_keys(call: CurrentCall, page: RequestedPage, as_of: RequestedTime) -> dict[str, Any]:
    """List the keys that are trusted in the whole registry, or were at a time."""
    return _page(call.services.signing.keys.list(call.actor, REGISTRY, page, as_of=as_of), call)


@router.post("/signing-keys/{signing_key}/revoke")
def revoke_signing_key(signing_key: KeyId, body: RevocationIn, call: CurrentCall) -> SigningKeyOut:
    """Take back the trust in a key of the registry: no signature holds by it any more."""
    return _present(call.services.signing.keys.revoke(call.actor, REGISTRY, signing_key, reason=body.reason), call)


@router.post("/namespaces/{namespace}/signing-keys", status_code=201, responses=_BEFORE)
def trust_namespace_signing_key(namespace: str, body: SigningKeyIn, call: CurrentCall) -> SigningKeyOut:
    """Trust a key or an authority in a namespace."""
    return _trusted(call.services.signing.keys.trust(call.actor, _scope(namespace), body.value()), call)


@router.get("/namespaces/{namespace}/signing-keys", response_model=ListOut[SigningKeyOut])
def list_namespace_signing_keys(
    namespace: str, call: CurrentCall, page: RequestedPage, as_of: RequestedTime
) -> dict[str, Any]:
    """List the keys that are trusted in a namespace, or were at a time; those of the registry count there as well."""
    return _page(call.services.signing.keys.list(call.actor, _scope(namespace), page, as_of=as_of), call)


@router.post("/namespaces/{namespace}/signing-keys/{signing_key}/revoke")
def revoke_namespace_signing_key(
    namespace: str, signing_key: KeyId, body: RevocationIn, call: CurrentCall
) -> SigningKeyOut:
    """Take back the trust in a key of a namespace: no signature holds by it any more."""
    return _present(
        call.services.signing.keys.revoke(call.actor, _scope(namespace), signing_key, reason=body.reason), call
    )


def _scope(namespace: str) -> Scope:
    return Scope.of_namespace(check_namespace(namespace))


def _trusted(recorded: Recorded[TrustedKey], call: Call) -> SigningKeyOut:
    call.response.status_code = status_of(recorded)
    return _present(recorded, call)


def _present(recorded: Recorded[TrustedKey], call: Call) -> SigningKeyOut:
    key = recorded.value
    names = call.names(who for who in (key.trusted_by, key.ended_by) if who)
    return SigningKeyOut.of(key, names, recorded.receipt)


def _page(page: Page[TrustedKey], call: Call) -> dict[str, Any]:
    names = call.names(who for key in page.items for who in (key.trusted_by, key.ended_by) if who)
    return page_out(page, lambda key: SigningKeyOut.of(key, names))
