"""The seam between bodies that stream in and use cases that do not."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import Final, TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.requests import ClientDisconnect

from modelkeep.kernel.errors import Kind, RegistryError

T = TypeVar("T")

BATCH_BYTES: Final = 1024 * 1024
_CONCURRENT_BODIES: Final = 64


class UploadBrokenOffError(RegistryError):
    """The client went away in the middle of a body."""

    kind = Kind.INVALID
    code = "rest.upload_broken_off"


class BodyReader:
    """Feeds bodies to synchronous use cases, each on a thread of its own pool: a slow sender holds up no one else."""

    def __init__(self) -> None:
        """Allow 64 bodies at once; further ones wait."""
        self._limiter = anyio.CapacityLimiter(_CONCURRENT_BODIES)

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
            tasks.start_soon(_pump, body, sender)
            await to_thread.run_sync(run, limiter=self._limiter)
            tasks.cancel_scope.cancel()
        return outcome.result()


async def _pump(body: AsyncIterator[bytes], sender: MemoryObjectSendStream[bytes | None]) -> None:
    """Send the body in batches, then None; an empty batch says that the client went away."""
    try:
        async for batch in _batches(body):
            await sender.send(batch)
        await sender.send(None)
    except ClientDisconnect:
        await sender.send(b"")


def _received(receiver: MemoryObjectReceiveStream[bytes | None]) -> Iterator[bytes]:
    while (chunk := from_thread.run(receiver.receive)) is not None:
        if not chunk:
            raise UploadBrokenOffError("the body ended early; what was received before is kept: push again")
        yield chunk


async def _batches(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    pending = bytearray()
    async for chunk in body:
        pending += chunk
        if len(pending) >= BATCH_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)
