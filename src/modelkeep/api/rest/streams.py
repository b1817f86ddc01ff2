"""The seam between bodies that stream in and use cases that do not."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.requests import ClientDisconnect

from modelkeep.api.rest.errors import ProtocolError

T = TypeVar("T")

BATCH_BYTES: Final = 1024 * 1024
SILENCE_SECONDS: Final = 60.0
_CONCURRENT_BODIES: Final = 64


class UploadBrokenOffError(ProtocolError):
    """The client went away in the middle of a body, or said nothing for too long."""

    code = "rest.upload_broken_off"
    status = 408


class BodyReader:
    """Feeds bodies to synchronous use cases, each on a thread of its own pool: a slow sender holds up no one else."""

    def __init__(self, *, silence: float = SILENCE_SECONDS) -> None:
        """Allow 64 bodies at once; further ones wait. One that says nothing for `silence` seconds is given up."""
        self._limiter = anyio.CapacityLimiter(_CONCURRENT_BODIES)
        self._silence = silence

    async def feed(self, body: AsyncIterator[bytes], consume: Callable[[Iterator[bytes]], T]) -> T:
        """Return what `consume` makes of the body; about 4 MiB of it are in memory at any time."""
        sender, receiver = anyio.create_memory_object_stream[bytes | None](max_buffer_size=2)
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                outcome.set_result(consume(_received(receiver)))
            except Exception as error:  # noqa: BLE001 - raised again below, outside of the task group
                outcome.set_exception(error)

        async with sender, receiver, anyio.create_task_group() as tasks:
            tasks.start_soon(_pump, body, sender, self._silence)
            await to_thread.run_sync(run, limiter=self._limiter)
            tasks.cancel_scope.cancel()
        return outcome.result()


async def _pump(body: AsyncIterator[bytes], sender: MemoryObjectSendStream[bytes | None], silence: float) -> None:
    """Send the body in batches, then None. Without that the stream ends: the client is gone, or this server stops."""
    async with sender:
        with suppress(ClientDisconnect, TimeoutError):
            async for batch in _batches(body, silence):
                await sender.send(batch)
            await sender.send(None)


def _received(receiver: MemoryObjectReceiveStream[bytes | None]) -> Iterator[bytes]:
    try:
        while (chunk := from_thread.run(receiver.receive)) is not None:
            yield chunk
    except anyio.EndOfStream:
        raise UploadBrokenOffError("the body ended early; what was received before is kept: push again") from None


async def _batches(body: AsyncIterator[bytes], silence: float) -> AsyncIterator[bytes]:
    pending = bytearray()
    while (chunk := await _next(body, silence)) is not None:
        pending += chunk
        if len(pending) >= BATCH_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)


async def _next(body: AsyncIterator[bytes], silence: float) -> bytes | None:
    with anyio.fail_after(silence):
        return await anext(body, None)
