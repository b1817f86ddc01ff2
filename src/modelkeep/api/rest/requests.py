"""What every request of this API goes through: strict JSON, size limits, idempotency keys."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest.dependencies import authenticate, services_of
from modelkeep.domains.audit import KeptResponse
from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.errors import Kind, RegistryError

PARSED_INLINE: Final = 64 * 1024
"""JSON up to this size, in bytes, is parsed without a hop to another thread."""

KEPT_HEADERS: Final = ("content-type", "etag", "location")


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """The greatest JSON body that is read: bytes, and levels of nesting."""

    max_bytes: int
    max_depth: int


class BodyTooLargeError(RegistryError):
    """The body is larger than this server reads."""

    kind = Kind.INVALID
    code = "rest.body_too_large"


class RegistryRoute(APIRoute):
    """A route that reads JSON strictly, and answers a repeated POST with what the first was answered."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith("application/json"):
                return await handle(request)
            body = await _read(request)
            if request.method == "POST" and "idempotency-key" in request.headers:
                return await _once(request, body, handle)
            return await handle(request)

        return guarded


async def _read(request: Request) -> bytes:
    """Read and parse the body, so that FastAPI finds it parsed."""
    limits: JsonLimits = request.app.state.json_limits
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limits.max_bytes:
            raise BodyTooLargeError(f"a JSON body has at most {limits.max_bytes} bytes here; send less at once")
        chunks.append(chunk)
    body = b"".join(chunks)
    request._body = body  # noqa: SLF001 - where Starlette keeps a body that was read
    if body:
        request._json = await _parsed(body, limits)  # noqa: SLF001 - as above
    return body


async def _parsed(body: bytes, limits: JsonLimits) -> Json:
    if len(body) <= PARSED_INLINE:
        return parse_json(body, max_bytes=limits.max_bytes, max_depth=limits.max_depth)
    return await run_in_threadpool(parse_json, body, max_bytes=limits.max_bytes, max_depth=limits.max_depth)


async def _once(request: Request, body: bytes, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    request.state.fingerprint = sha256(what + body).hexdigest()
    actor = await authenticate(request)
    idempotency = services_of(request).idempotency
    kept = await run_in_threadpool(idempotency.find, actor)
    if kept is not None:
        return Response(kept.body, kept.status, {**kept.headers, "Idempotent-Replayed": "true"})
    response = await handle(request)
    if isinstance(response, StreamingResponse):
        return response  # it reads only, and may be read again
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    answer = KeptResponse(response.status_code, bytes(response.body), headers)
    await run_in_threadpool(idempotency.keep, actor, answer)
    return response
