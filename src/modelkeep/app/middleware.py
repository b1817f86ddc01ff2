"""What happens around every request: its id, the access log, the counters, safe headers, compression."""

import logging
import re
import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

from modelkeep.api.rest.safe_headers import safe_headers
from modelkeep.kernel.ids import new_id
from modelkeep.platform.telemetry import HttpMetrics, current_request_id

_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_WORTH_COMPRESSING: Final = 1024
_TEXTS: Final = ("application/jsonl", "application/cloudevents-batch+json", "text/csv")
"""What else than the usual media types is text."""
_log = logging.getLogger("modelkeep.access")


class RequestContextMiddleware:
    """Names each request (`X-Request-Id`, the caller's own if it is well formed), logs and counts it."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        """Wrap an application."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        token = current_request_id.set(exchange.request_id)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._report(scope, exchange)
            current_request_id.reset(token)

    def _report(self, scope: Scope, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.started
        self._metrics.observe(scope["method"], _pattern(scope), exchange.status, seconds)
        self._metrics.transferred(received=exchange.received, sent=exchange.sent)
        if scope["path"] not in _QUIET:
            _log.info(
                "%s %s %d %.1f ms",
                scope["method"],
                scope["path"],
                exchange.status,
                seconds * 1000,
                extra={"status": exchange.status, "seconds": round(seconds, 6), "bytes_sent": exchange.sent},
            )


def _pattern(scope: Scope) -> str:
    """Return the whole pattern of the route; for a router that was included FastAPI keeps it beside the route."""
    known = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(known, "path", "unrouted")


class AnswerCompressionMiddleware:
    """Compresses what the server writes itself (gzip, zstd, brotli); not files and streams of events."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        for media_type in _TEXTS:
            add_compress_type(media_type)
        self._plain = app
        self._compressing = CompressMiddleware(app, minimum_size=_WORTH_COMPRESSING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._plain if _streams(scope.get("path", "")) else self._compressing
        await app(scope, receive, send)


def _streams(path: str) -> bool:
    """Say whether an answer leaves as it is: files as they are stored, events as they happen."""
    return "/files/" in path or path.endswith("/events/stream")


class _Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if _ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = self.request_id
        self.started = time.perf_counter()
        self.status, self.received, self.sent = 500, 0, 0
        self._receive, self._send, self._safe = receive, send, safe_headers(scope)

    async def receive(self) -> Message:
        message = await self._receive()
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.request_id
            for name, value in self._safe.items():
                headers.setdefault(name, value)
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)
