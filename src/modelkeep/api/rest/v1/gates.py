"""Gates over REST: what they say, waivers of them, and answers of other systems."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    CurrentOpenCall,
    NamedModel,
    RequestedPage,
    SelectedVersion,
)
from modelkeep.api.rest.requests import OpenRoute, RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.gates import (
    AnswerIn,
    AskedCheckOut,
    ExternalCheckIn,
    ExternalCheckOut,
    GatesOut,
    WaiverIn,
    WaiverOut,
)
from modelkeep.domains.governance import Waiver
from modelkeep.kernel.events import Receipt
from modelkeep.kernel.references import ModelName, Reference, Selector

router = APIRouter(prefix="/models/{namespace}/{model}", tags=["gates"], route_class=RegistryRoute)
answer_router = APIRouter(prefix="/gates/external", tags=["gates"], route_class=OpenRoute)


@router.get("/versions/{selector}/gates")
def check_gates(
    name: NamedModel,
    selector: SelectedVersion,
    stage: Annotated[str, Query(description="The stage that the version would move to", examples=["Production"])],
    call: CurrentCall,
) -> GatesOut:
    """Evaluate the gates of a move now, and say what they say; nothing is kept of it."""
    return GatesOut.of(call.services.governance.gates.checks.check(call.actor, _reference(name, selector), stage))


@router.post("/versions/{selector}/waivers", status_code=201)
def waive_gate(name: NamedModel, selector: SelectedVersion, body: WaiverIn, call: CurrentCall) -> WaiverOut:
    """Waive a gate of a version, or of its whole model, for a reason and a time."""
    given = call.services.governance.gates.waivers.waive(call.actor, _reference(name, selector), body.value())
    return _waiver(call, given.value, given.receipt)


@router.get("/waivers", response_model=ListOut[WaiverOut])
def list_waivers(name: NamedModel, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the waivers of a model, those that have ended included, the newest first."""
    found = call.services.governance.gates.waivers.list(call.actor, name, page)
    names = call.names(who for waiver in found.items for who in (waiver.granted_by, waiver.ended_by) if who)
    return page_out(found, lambda waiver: WaiverOut.of(waiver, names))


@router.delete("/waivers/{waiver}")
def end_waiver(
    name: NamedModel, waiver: Annotated[str, Path(description="The id of the waiver")], call: CurrentCall
) -> WaiverOut:
    """End a waiver before it expires: its gate blocks again."""
    ended = call.services.governance.gates.waivers.end(call.actor, name, waiver)
    return _waiver(call, ended.value, ended.receipt)


@router.post("/versions/{selector}/gates/{gate}/tokens", status_code=201)
def ask_external_check(
    name: NamedModel,
    selector: SelectedVersion,
    gate: Annotated[str, Path(description="The id of the gate", max_length=63)],
    body: ExternalCheckIn,
    call: CurrentCall,
) -> AskedCheckOut:
    """Make a token by which another system answers once for an `external` gate of a version."""
    life = timedelta(minutes=body.minutes)
    asked = call.services.governance.gates.external.ask(call.actor, _reference(name, selector), gate, life)
    call.response.headers["Cache-Control"] = "no-store"
    return AskedCheckOut.of_asked(asked.value, asked.receipt)


@answer_router.post("/{check}")
def answer_external_check(
    check: Annotated[str, Path(description="The id of the check")], body: AnswerIn, call: CurrentOpenCall
) -> ExternalCheckOut:
    """Answer for an `external` gate; the token in the body is all the proof there is."""
    answered = call.services.governance.gates.external.answer(check, body.token, body.value(), call.request)
    return ExternalCheckOut.of(answered.value, answered.receipt)


def _waiver(call: Call, waiver: Waiver, receipt: Receipt | None) -> WaiverOut:
    names = call.names(who for who in (waiver.granted_by, waiver.ended_by) if who)
    return WaiverOut.of(waiver, names, receipt)


def _reference(name: ModelName, selector: Selector) -> Reference:
    return Reference(None, name.namespace, name.name, selector, None)
