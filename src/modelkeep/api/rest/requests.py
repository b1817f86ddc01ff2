"""What every request of this API goes through: strict JSON, size limits, idempotency keys."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import wraps
from hashlib import sha256
from inspect import iscoroutinefunction
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest.dependencies import authenticate, services_of
from modelkeep.api.rest.errors import ProtocolError
from modelkeep.api.rest.permissions import declared
from modelkeep.domains.audit import IdempotencyService, KeptResponse
from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor

PARSED_INLINE: Final = 64 * 1024
"""JSON up to this size, in bytes, is parsed without a hop to another thread."""

MAX_FORM: Final = 64 * 1024
MAX_FIELDS: Final = 20

OPEN_BYTES: Final = 64 * 1024
"""The greatest JSON body, in bytes, of who has no credential."""

KEPT_HEADERS: Final = ("content-type", "etag", "location")

_log = logging.getLogger(__name__)

_Handle = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """The greatest JSON body that is read: bytes, and levels of nesting."""

    max_bytes: int
    max_depth: int


class BodyTooLargeError(ProtocolError):
    """The body is larger than this server reads."""

    code = "rest.body_too_large"
    status = 413


class NotFormError(ProtocolError):
    """The body has another media type than a form has."""

    code = "rest.not_form"
    status = 415


class NotJsonError(ProtocolError):
    """The body has another media type than the route reads."""

    code = "rest.not_json"
    status = 415


class RegistryRoute(APIRoute):
    """A route that knows its caller before it reads a body, reads JSON strictly, and answers a repeated POST alike."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - those of APIRoute
        """Let the endpoint run on one thread of the pool."""
        extra = {**(options.pop("openapi_extra", None) or {}), **declared(endpoint.__name__)}
        super().__init__(path, _on_one_thread(endpoint), **options, openapi_extra=extra or None)

    def get_route_handler(self) -> _Handle:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()
        reads_json = self.body_field is not None

        async def guarded(request: Request) -> Response:
            if request.method == "GET":
                return await handle(request)
            actor = await authenticate(request)
            body = await _read(request) if reads_json else b""
            if actor.request.idempotency_key is None:
                return await handle(request)
            return await _once(request, actor, body, handle)

        return guarded


class OpenRoute(RegistryRoute):
    """A route for who has no credential yet: JSON is read as strictly, and no answer is kept for a repetition."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - as above
        """Let its description say that it needs no credential."""
        extra = {**(options.pop("openapi_extra", None) or {}), "security": []}
        super().__init__(path, endpoint, **options, openapi_extra=extra)

    def get_route_handler(self) -> _Handle:
        """Wrap FastAPI's handler."""
        handle = APIRoute.get_route_handler(self)
        reads_json = self.body_field is not None

        async def guarded(request: Request) -> Response:
            if reads_json:
                await _read(request, most=OPEN_BYTES)
            return await handle(request)

        return guarded


def _on_one_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return the endpoint as a coroutine that runs it on the pool: FastAPI itself would enter the pool twice."""
    if iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def run(**arguments: Any) -> Any:  # noqa: ANN401 - whatever the endpoint takes and returns
        return await run_in_threadpool(endpoint, **arguments)

    return run


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a small form; of a field that is there twice the last one counts.

    Raises:
        NotFormError: the body is no form.
        BodyTooLargeError: it has more than 64 KiB.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise NotFormError("the body of this request is a form: application/x-www-form-urlencoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            raise BodyTooLargeError(f"a form has at most {MAX_FORM} bytes here")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise NotFormError(f"the form is no UTF-8, or has more than {MAX_FIELDS} fields") from error


async def read_unparsed(request: Request, *, most: int) -> bytes:
    """Return the bytes of a JSON body, for who has to verify them first.

    Raises:
        NotJsonError: the body says that it is something else.
        BodyTooLargeError: it has more than `most` bytes.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise NotJsonError("the body of this request is JSON: send it with 'Content-Type: application/json'")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BodyTooLargeError(f"a JSON body has at most {most} bytes here; send less at once")
        chunks.append(chunk)
    return b"".join(chunks)


async def _read(request: Request, *, most: int | None = None) -> bytes:
    """Read and parse the body, so that FastAPI finds it parsed."""
    limits: JsonLimits = request.app.state.json_limits
    body = await read_unparsed(request, most=min(limits.max_bytes, most or limits.max_bytes))
    request._body = body  # noqa: SLF001 - where Starlette keeps a body that was read
    if body:
        request._json = await _parsed(body, limits)  # noqa: SLF001 - as above
    return body


async def _parsed(body: bytes, limits: JsonLimits) -> Json:
    if len(body) <= PARSED_INLINE:
        return parse_json(body, max_bytes=limits.max_bytes, max_depth=limits.max_depth)
    return await run_in_threadpool(parse_json, body, max_bytes=limits.max_bytes, max_depth=limits.max_depth)


async def _once(request: Request, actor: Actor, body: bytes, handle: _Handle) -> Response:
    """Serve the first request with an idempotency key; answer every further one with what that was answered.

    The token is part of the request: a narrower one of the same principal is not shown what the first was answered.
    """
    what = f"{actor.token_id or ''} {request.method} {request.url.path}?{request.url.query}\n".encode()
    keyed = replace(actor.request, fingerprint=sha256(what + body).hexdigest())
    actor = request.state.actor = replace(actor, request=keyed)
    idempotency = services_of(request).idempotency
    kept = await run_in_threadpool(idempotency.find, actor)
    if kept is not None:
        return _replayed(kept)
    try:
        response = await handle(request)
    except RegistryError:
        kept = await run_in_threadpool(idempotency.find, actor)  # it may have lost against its own first sending
        if kept is None:
            raise
        return _replayed(kept)
    if _is_kept(response):
        await run_in_threadpool(_keep, idempotency, actor, response)
    return response


def _is_kept(response: Response) -> bool:
    """Say whether an answer may be stored: one that streams only reads, and one with a secret says `no-store`."""
    return not isinstance(response, StreamingResponse) and response.headers.get("cache-control") != "no-store"


def _replayed(kept: KeptResponse) -> Response:
    return Response(kept.body, kept.status, {**kept.headers, "Idempotent-Replayed": "true"})


def _keep(idempotency: IdempotencyService, actor: Actor, response: Response) -> None:
    """Keep the answer; where that fails the effect stands all the same, and so does the answer."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    try:
        idempotency.keep(actor, KeptResponse(response.status_code, bytes(response.body), headers))
    except RegistryError as error:
        _log.warning("the answer to an Idempotency-Key could not be kept: %s", error.message)
