"""Alerts of scanners of secrets over REST, in the form of GitHub's secret scanning partner program."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest.dependencies import CurrentOpenCall
from modelkeep.api.rest.requests import OpenRoute, read_unparsed
from modelkeep.api.rest.v1.schemas.leak_alerts import FindingOut, MatchIn
from modelkeep.domains.access import MAX_ALERT, LeakAlert

_BODY: Final = {
    "requestBody": {
        "content": {"application/json": {"schema": {"type": "array", "items": MatchIn.model_json_schema()}}},
        "required": True,
    }
}

router = APIRouter(prefix="/token-leak", tags=["tokens"], route_class=OpenRoute)


@router.post("", openapi_extra=_BODY)
async def receive_leak_alert(
    request: Request,
    call: CurrentOpenCall,
    github_public_key_identifier: Annotated[str, Header(description="The name of the key")] = "",
    github_public_key_signature: Annotated[str, Header(description="Base64 of ECDSA P-256 with SHA-256, in DER")] = "",
) -> list[FindingOut]:
    """Revoke every token of this registry that a scanner of secrets has found; it signs the body as it is."""
    body = await read_unparsed(request, most=MAX_ALERT)
    alert = LeakAlert(github_public_key_identifier, github_public_key_signature, body)
    findings = await run_in_threadpool(call.services.leak_alerts.receive, alert, call.request)
    return [FindingOut.of(finding) for finding in findings]
