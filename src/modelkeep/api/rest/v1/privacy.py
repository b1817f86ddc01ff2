"""Erasure and legal holds over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import Call, CurrentCall, RequestedPage
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.audit import ErasureIn, ErasureOut, HoldIn, HoldOut, ReleaseIn
from modelkeep.api.rest.v1.schemas.common import ListOut, ReceiptOut, page_out
from modelkeep.domains.access import Scope
from modelkeep.domains.audit import Hold
from modelkeep.kernel.events import Recorded

router = APIRouter(prefix="/audit", tags=["audit"], route_class=RegistryRoute)


@router.post("/erasures")
def erase_audit_texts(body: ErasureIn, call: CurrentCall) -> ErasureOut:
    """Erase what people typed from beside the audit log. Entries, hashes and proofs stay as they are."""
    erased = call.services.audit_privacy.erase(call.actor, body.erasure)
    return ErasureOut(texts=erased.value, audit=ReceiptOut.of(erased.receipt))


@router.get("/holds", response_model=ListOut[HoldOut])
def list_legal_holds(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List legal holds, the newest first, released ones included."""
    found = call.services.audit_privacy.list_holds(call.actor, page)
    names = call.names(who for hold in found.items for who in (hold.placed_by, hold.released_by) if who)
    return page_out(found, lambda hold: HoldOut.of(hold, names))


@router.post("/holds", status_code=201)
def place_legal_hold(body: HoldIn, call: CurrentCall) -> HoldOut:
    """Place a legal hold: nothing about the scope is erased or pruned until it is released."""
    placed = call.services.audit_privacy.place_hold(call.actor, Scope.parse(body.scope), reason=body.reason)
    return _hold(placed, call)


@router.post("/holds/{hold}/release")
def release_legal_hold(hold: str, body: ReleaseIn, call: CurrentCall) -> HoldOut:
    """Release a legal hold."""
    return _hold(call.services.audit_privacy.release_hold(call.actor, hold, reason=body.reason), call)


def _hold(recorded: Recorded[Hold], call: Call) -> HoldOut:
    hold = recorded.value
    names = call.names(who for who in (hold.placed_by, hold.released_by) if who)
    return HoldOut.of(hold, names, recorded.receipt)
