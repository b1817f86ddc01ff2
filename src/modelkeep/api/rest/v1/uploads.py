"""Uploads over REST: manifest, missing blobs, bytes in parts or batches."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel
from modelkeep.api.rest.requests import BodyTooLargeError, RegistryRoute
from modelkeep.api.rest.streams import BodyReader
from modelkeep.api.rest.v1.schemas.uploads import BlobStatusOut, PartsOut, StoredOut, UploadIn, UploadOut
from modelkeep.domains.artifacts import UploadLimits
from modelkeep.kernel.blob_frames import MEDIA_TYPE, BlobFrame, read_frames
from modelkeep.kernel.digests import Digest

router = APIRouter(tags=["uploads"], route_class=RegistryRoute)

_FRAMES = {
    "requestBody": {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}, "required": True}
}
_BYTES = {
    "requestBody": {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "required": True,
    }
}
_HEADER_ALLOWANCE = 256 * 1024

BlobDigest = Annotated[str, Path(examples=["sha256:" + "0" * 64])]


@router.post("/models/{namespace}/{model}/uploads", status_code=201)
def open_upload(name: NamedModel, body: UploadIn, call: CurrentCall, request: Request) -> UploadOut:
    """Open an upload, or resume the one the same principal has begun for the same content; say what is missing."""
    manifest = body.manifest(request.app.state.manifest_limits)
    return UploadOut.of(call.services.registration.open_upload(call.actor, name, manifest))


@router.get("/uploads/{upload_id}")
def get_upload(upload_id: str, call: CurrentCall) -> UploadOut:
    """Return an upload and what of it is still missing."""
    return UploadOut.of(call.services.uploads.status(call.actor, upload_id))


@router.delete("/uploads/{upload_id}", status_code=204)
def cancel_upload(upload_id: str, call: CurrentCall) -> None:
    """Drop an upload and the parts that came."""
    call.services.uploads.cancel(call.actor, upload_id)


@router.post("/uploads/{upload_id}/blobs", openapi_extra=_FRAMES)
async def send_batch(upload_id: str, call: CurrentCall, request: Request) -> StoredOut:
    """Send many small blobs in one body, each as a line `<digest> <size>` and its bytes."""
    reader: BodyReader = request.app.state.body_reader
    limits = call.services.content.limits

    def consume(chunks: Iterator[bytes]) -> tuple[Digest, ...]:
        return call.services.uploads.receive_batch(call.actor, upload_id, _frames(chunks, limits))

    stored = await reader.feed(request.stream(), consume)
    return StoredOut(stored=[str(digest) for digest in stored])


@router.get("/uploads/{upload_id}/blobs/{digest}/parts")
def list_parts(upload_id: str, digest: BlobDigest, call: CurrentCall) -> PartsOut:
    """List the parts of a blob: which have come, and where each other one goes."""
    return PartsOut.of(digest, call.services.uploads.plan_blob(call.actor, upload_id, Digest.parse(digest)))


@router.put("/uploads/{upload_id}/blobs/{digest}/parts/{number}", status_code=204, openapi_extra=_BYTES)
async def send_part(
    upload_id: str,
    digest: BlobDigest,
    number: int,
    call: CurrentCall,
    request: Request,
) -> None:
    """Send one part of a blob; a part that came before is written again."""
    reader: BodyReader = request.app.state.body_reader
    blob = Digest.parse(digest)
    await reader.feed(
        request.stream(),
        lambda chunks: call.services.uploads.receive_part(call.actor, upload_id, blob, number, chunks),
    )


@router.post(
    "/uploads/{upload_id}/blobs/{digest}/complete",
    responses={202: {"model": BlobStatusOut, "description": "It is still being verified; ask again"}},
)
async def complete_blob(upload_id: str, digest: BlobDigest, call: CurrentCall) -> BlobStatusOut:
    """Verify a blob whose parts have all come, and store it."""
    done = await run_in_threadpool(call.services.uploads.complete_blob, call.actor, upload_id, Digest.parse(digest))
    call.response.status_code = 200 if done else 202
    call.response.headers["Retry-After"] = "1"
    return BlobStatusOut(digest=digest, status="stored" if done else "verifying")


def _frames(chunks: Iterator[bytes], limits: UploadLimits) -> Iterator[BlobFrame]:
    """Read the frames of a batch, and refuse one that is larger than a batch may be."""
    return read_frames(_at_most(chunks, limits.batch_total + _HEADER_ALLOWANCE), max_size=limits.batch_blob)


def _at_most(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > limit:
            raise BodyTooLargeError(f"a batch of blobs has at most {limit} bytes; send fewer blobs in one body")
        yield chunk
