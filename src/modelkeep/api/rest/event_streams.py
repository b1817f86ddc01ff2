"""Live streams of events: bounded in number, woken by what happens, ended when the server stops.

One task for the whole process looks at the log while anybody listens; each stream reads for itself, as fast as its
client takes what it is sent.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from modelkeep.domains.events import EventFeed, FedEvent, Selection
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import Actor, PrincipalId

MAX_STREAMS: Final = 100
"""How many streams one process serves."""

MAX_STREAMS_OF_ONE: Final = 5
"""How many of them one principal has."""

HEARTBEAT_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.5


class TooManyStreamsError(RegistryError):
    """This server, or this principal, has as many streams as it serves."""

    kind = Kind.LIMIT_EXCEEDED
    code = "rest.too_many_streams"


@dataclass(slots=True)
class EventStreams:
    """The streams of one process; everything here runs on its event loop."""

    feed: EventFeed
    heartbeat: float = HEARTBEAT_SECONDS
    most: int = MAX_STREAMS
    _open: Counter[PrincipalId] = field(default_factory=Counter)
    _last: int = -1
    _closed: bool = False
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _watch: "asyncio.Task[None] | None" = None

    async def close(self) -> None:
        """End all streams, and take no more."""
        self._closed = True
        await self._tell()

    def reserve(self, principal: PrincipalId) -> None:
        """Take one of the places, before the answer begins.

        Raises:
            TooManyStreamsError: all are taken, the principal has five, or the server stops.
        """
        if self._closed or self._open.total() >= self.most:
            raise TooManyStreamsError(
                f"this server has {self._open.total()} streams of events, as many as it serves; try again in a moment"
            )
        if self._open[principal] >= MAX_STREAMS_OF_ONE:
            raise TooManyStreamsError(f"you have {MAX_STREAMS_OF_ONE} streams of events here; end one of them first")
        self._open[principal] += 1

    def release(self, principal: PrincipalId) -> None:
        """Give the place back."""
        self._open[principal] -= 1
        if not self._open[principal]:
            del self._open[principal]

    async def serve(
        self, who: Callable[[], Awaitable[Actor]], selection: Selection, after: int
    ) -> AsyncIterator[bytes]:
        """Yield what is selected after a place in the log as server-sent events; `who` is asked before each portion.

        Where there is nothing to tell, the number of the last event that was looked at goes out from time to time.
        """
        if self._watch is None:
            self._watch = asyncio.create_task(self._look())
        try:
            while not self._closed:
                portion = await run_in_threadpool(self.feed.read, await who(), selection, after)
                for event in portion.events:
                    yield _sent(event)
                after = portion.cursor
                if not portion.events:
                    yield f"id: {max(after, 0)}\n: \n\n".encode()
                await self._wait(after)
        except RegistryError as error:
            problem = {"kind": error.kind.value, "code": error.code, "detail": error.message}
            yield f"event: error\ndata: {json.dumps(problem)}\n\n".encode()

    async def _wait(self, after: int) -> None:
        """Wait until the log has grown beyond a place, until it is time for a sign of life, or until the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.heartbeat), self._news:
                await self._news.wait_for(lambda: self._closed or self._last > after)

    async def _look(self) -> None:
        """Look at the log for all streams, as long as there are any."""
        while self._open.total() and not self._closed:
            with suppress(RegistryError):  # the database is away for a while; each stream will say so itself
                last = await run_in_threadpool(self.feed.last)
                if last > self._last:
                    self._last = last
                    await self._tell()
            await asyncio.sleep(_LOOK_SECONDS)
        self._watch = None

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class EventStreamResponse(StreamingResponse):
    """A stream that gives its place back, however it ends."""

    def __init__(self, streams: EventStreams, principal: PrincipalId, content: AsyncIterator[bytes]) -> None:
        """Send `content` in the place that was reserved for the principal."""
        super().__init__(content, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._streams, self._principal = streams, principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.release(self._principal)


def _sent(event: FedEvent) -> bytes:
    data = json.dumps(event.event, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.seq}\nevent: {event.type}\ndata: {data}\n\n".encode()
