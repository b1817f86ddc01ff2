"""The content of versions over REST: manifests, files, many small blobs at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import Field

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, RequestedTime, SelectedVersion
from modelkeep.api.rest.ranges import has_already, may_continue, requested_range
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.safe_headers import SANDBOXED, disposition
from modelkeep.api.rest.streams import BATCH_BYTES
from modelkeep.api.rest.v1.schemas.common import In
from modelkeep.domains.artifacts import BlobSource
from modelkeep.domains.catalog import OpenFile
from modelkeep.kernel.blob_frames import MEDIA_TYPE, frame_header
from modelkeep.kernel.digests import Digest

router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}", tags=["content"], route_class=RegistryRoute
)

_MANIFEST_TYPE = "application/vnd.modelkeep.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of a file is wanted, and how it may come."""

    range: Annotated[str | None, Header(description="One range of bytes, such as `bytes=0-1023`")] = None
    if_range: Annotated[str | None, Header(description="The `ETag` the range continues")] = None
    if_none_match: Annotated[str | None, Header(description="The `ETag` of what the caller has")] = None
    redirect: Annotated[bool, Query(description="Redirect to the object store where it can be")] = True


class BlobsIn(In):
    """The small blobs to send, in this order."""

    digests: list[str] = Field(min_length=1, max_length=10_000)


@router.get("/manifest", response_class=Response, responses={200: {"content": {_MANIFEST_TYPE: {}}}})
def get_manifest(name: NamedModel, selector: SelectedVersion, call: CurrentCall, as_of: RequestedTime) -> Response:
    """Return the manifest of a version, byte for byte: its SHA-256 is the version's content digest."""
    digest, document = call.services.content.manifest(call.actor, name, selector, as_of=as_of)
    return Response(document, media_type=_MANIFEST_TYPE, headers={"ETag": f'"{digest}"'})


@router.get(
    "/files/{path:path}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"*/*": {}}, "description": "The file, in the media type of its manifest"},
        206: {"content": {"*/*": {}}, "description": "A range"},
        304: {"description": "The caller has it"},
        307: {"description": "The file is at this presigned URL"},
    },
)
def get_file(
    name: NamedModel,
    selector: SelectedVersion,
    path: str,
    call: CurrentCall,
    wanted: Annotated[Wanted, Depends()],
    as_of: RequestedTime,
) -> Response:
    """Send a file of a version, whole or a range of it."""
    file = call.services.content.open_file(call.actor, name, selector, path, as_of=as_of)
    etag = f'"{file.entry.digest}"'
    if has_already(wanted.if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    link = file.source.link() if wanted.redirect else None
    if link is not None:
        return RedirectResponse(link.url, 307, {"ETag": etag, "Cache-Control": "no-store"})
    return _stream(file, wanted.range if may_continue(wanted.if_range, etag) else None)


@router.post("/blobs", response_class=StreamingResponse, responses={200: {"content": {MEDIA_TYPE: {}}}})
def get_blobs(
    name: NamedModel, selector: SelectedVersion, body: BlobsIn, call: CurrentCall, as_of: RequestedTime
) -> StreamingResponse:
    """Send many small blobs of a version in one body, each as a line `<digest> <size>` and its bytes."""
    sources = call.services.content.open_batch(
        call.actor, name, selector, [Digest.parse(digest) for digest in body.digests], as_of=as_of
    )
    frames = _framed(sources)
    begun = next(frames, b"")  # what is wrong with the first of them can still be a problem document
    return StreamingResponse(chain((begun,), frames), media_type=MEDIA_TYPE)


def _stream(file: OpenFile, range_header: str | None) -> StreamingResponse:
    size = file.entry.size
    part = requested_range(range_header, size)
    start, end = (part.start, part.end) if part else (0, size)
    headers = {
        **SANDBOXED,
        "ETag": f'"{file.entry.digest}"',
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        "Content-Disposition": disposition(file.entry.path.rpartition("/")[2]),
    }
    if part is not None:
        headers["Content-Range"] = part.content_range
    chunks = file.source.read(start, end)
    return StreamingResponse(chunks, 206 if part else 200, headers, media_type=file.entry.media_type)


def _framed(sources: Iterator[BlobSource]) -> Iterator[bytes]:
    """Yield the frames of the blobs, about a mebibyte at a time."""
    pending = bytearray()
    for source in sources:
        pending += frame_header(source.digest, source.size)
        for chunk in source.read(0, source.size):
            pending += chunk
        if len(pending) >= BATCH_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)
