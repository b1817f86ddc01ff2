"""Attachments of model cards over REST."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from modelkeep.api.rest.dependencies import CurrentCall, RequestedPage
from modelkeep.api.rest.requests import BodyTooLargeError, RegistryRoute
from modelkeep.api.rest.safe_headers import SANDBOXED, disposition
from modelkeep.api.rest.streams import BodyReader
from modelkeep.api.rest.v1.cards import NamedVersion, VersionNow
from modelkeep.api.rest.v1.schemas.cards import AttachmentOut
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.domains.cards import MAX_ATTACHMENT, MEDIA_TYPES, Attachment, NewAttachment
from modelkeep.kernel.events import Recorded

router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}/card/attachments",
    tags=["cards"],
    route_class=RegistryRoute,
)

_BYTES: Final = {
    "requestBody": {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
        "required": True,
    }
}


@router.get("", response_model=ListOut[AttachmentOut])
def list_attachments(version: NamedVersion, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the attachments of a card, now or as they were, by name; `audit` is the entry that made it so."""
    found = call.services.cards.attachments.list(call.actor, version, page)
    names = call.names(who for item in found.items for who in (item.set_by, item.ended_by) if who)
    return page_out(found, lambda item: AttachmentOut.of(item, names, item.entry))


@router.put("/{attachment}", openapi_extra=_BYTES)
async def attach_file(
    version: VersionNow,
    attachment: str,
    call: CurrentCall,
    request: Request,
    alt: Annotated[str, Query(description="What a picture shows, for who does not see it; needed for pictures")] = "",
) -> AttachmentOut:
    """Attach a PDF or a picture of up to 20 MiB; its Content-Type says what it is. The same file again is kept once."""
    reader: BodyReader = request.app.state.body_reader
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def consume(chunks: Iterator[bytes]) -> Recorded[Attachment]:
        new = NewAttachment(attachment, media_type, _whole(chunks), alt)
        return call.services.cards.attachments.attach(call.actor, version, new)

    recorded = await reader.feed(request.stream(), consume)
    return AttachmentOut.of(recorded.value, {call.actor.id: call.actor.name}, recorded.receipt)


@router.get("/{attachment}", response_class=StreamingResponse, responses={200: {"content": {"*/*": {}}}})
def get_attachment(version: NamedVersion, attachment: str, call: CurrentCall) -> Response:
    """Send an attachment, now or as it was."""
    found = call.services.cards.attachments.open(call.actor, version, attachment)
    headers = {
        **SANDBOXED,
        "ETag": f'"{found.attachment.digest}"',
        "Content-Length": str(found.attachment.size),
        "Content-Disposition": disposition(found.attachment.name),
    }
    chunks = found.source.read(0, found.attachment.size)
    return StreamingResponse(chunks, headers=headers, media_type=found.attachment.media_type)


@router.delete("/{attachment}")
def remove_attachment(version: VersionNow, attachment: str, call: CurrentCall) -> AttachmentOut:
    """Take an attachment from a card; it can still be read as of a time before."""
    recorded = call.services.cards.attachments.remove(call.actor, version, attachment)
    ended = recorded.value
    names = call.names(who for who in (ended.set_by, ended.ended_by) if who)
    return AttachmentOut.of(ended, names, recorded.receipt)


def _whole(chunks: Iterator[bytes]) -> bytes:
    """Return a body as one; the rest of one that is too large is not read."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_ATTACHMENT:
            raise BodyTooLargeError(f"an attachment has at most {MAX_ATTACHMENT} bytes; link to what is larger")
    return bytes(data)
