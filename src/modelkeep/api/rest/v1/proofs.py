"""What proves the audit log: checkpoints, proofs, keys, anchors."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from modelkeep.api.rest.dependencies import CurrentCall
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.proofs import (
    AnchorOut,
    AnchorsOut,
    CheckpointOut,
    ConsistencyProofOut,
    InclusionProofOut,
    LogKeyOut,
    LogKeysOut,
)

router = APIRouter(prefix="/audit", tags=["audit"], route_class=RegistryRoute)

_PROOF_TYPE = "text/plain; charset=utf-8"
_LARGEST = 2**62

AtSize = Annotated[
    int | None,
    Query(ge=0, le=_LARGEST, description="The first checkpoint of at least this size; without it the newest"),
]


@router.get("/checkpoint")
def get_checkpoint(call: CurrentCall, size: AtSize = None) -> CheckpointOut:
    """Return a signed checkpoint of the log."""
    return CheckpointOut.of(call.services.proofs.checkpoint(call.actor, size))


@router.get("/proofs/inclusion")
def prove_inclusion(
    call: CurrentCall,
    seq: Annotated[int, Query(ge=0, le=_LARGEST, description="Number of the entry, as its receipt says")],
    size: AtSize = None,
) -> InclusionProofOut:
    """Prove that an entry is in the log that a checkpoint is of."""
    return InclusionProofOut.of(call.services.proofs.inclusion(call.actor, seq, size))


@router.get("/proofs/consistency")
def prove_consistency(
    call: CurrentCall,
    old: Annotated[int, Query(alias="from", ge=1, le=_LARGEST, description="Size of the older checkpoint")],
    new: Annotated[int, Query(alias="to", ge=1, le=_LARGEST, description="Size of the newer one")],
) -> ConsistencyProofOut:
    """Prove that the log of a size continues the one of an earlier size."""
    return ConsistencyProofOut.of(call.services.proofs.consistency(call.actor, old, new))


@router.get(
    "/entries/{seq}/proof",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The proof"}},
)
def get_proof_file(call: CurrentCall, seq: int) -> Response:
    """Return the proof of an entry as a file that can be verified offline, of the form of c2sp.org/tlog-proof."""
    proof = call.services.proofs.inclusion(call.actor, seq)
    headers = {"Content-Disposition": f'attachment; filename="{seq}.tlog-proof"'}
    return Response(proof.file, media_type=_PROOF_TYPE, headers=headers)


@router.get("/keys")
def list_log_keys(call: CurrentCall) -> LogKeysOut:
    """Return the keys that sign the log, and those that have. Get them once by a way you trust, and keep them."""
    return LogKeysOut(items=[LogKeyOut.of(key) for key in call.services.proofs.keys(call.actor)])


@router.get("/anchors")
def list_anchors(call: CurrentCall) -> AnchorsOut:
    """Return how far each place that remembers checkpoints has got."""
    return AnchorsOut(items=[AnchorOut.of(state) for state in call.services.proofs.anchors(call.actor)])
