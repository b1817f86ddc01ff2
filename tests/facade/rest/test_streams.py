"""Bodies that stream into use cases which know nothing of streams."""

from collections.abc import AsyncIterator, Iterable, Iterator

import anyio
import pytest
from starlette.requests import ClientDisconnect

from modelkeep.api.rest.streams import BATCH_BYTES, BodyReader, UploadBrokenOffError


async def a_body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def read(body: AsyncIterator[bytes], *, silence: float = 5) -> list[bytes]:
    def consume(chunks: Iterable[bytes]) -> list[bytes]:
        return list(chunks)

    async def feed() -> list[bytes]:
        return await BodyReader(silence=silence).feed(body, consume)

    return anyio.run(feed)


def test_small_chunks_arrive_in_batches() -> None:
    arrived = read(a_body(*[b"x" * 1000] * 3000))
    assert sum(map(len, arrived)) == 3_000_000
    assert len(arrived) == 3
    assert all(len(batch) >= BATCH_BYTES for batch in arrived[:-1])


def test_an_empty_body_has_no_batch() -> None:
    assert read(a_body()) == []


def test_a_client_that_goes_away_breaks_the_body_off() -> None:
    async def vanishing() -> AsyncIterator[bytes]:
        yield b"x"
        raise ClientDisconnect

    with pytest.raises(UploadBrokenOffError, match="push again"):
        read(vanishing())


def test_a_client_that_falls_silent_is_given_up() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"x"
        await anyio.sleep(30)

    with pytest.raises(UploadBrokenOffError):
        read(silent(), silence=0.05)


def test_a_use_case_that_refuses_need_not_read_to_the_end() -> None:
    def refuse(chunks: Iterator[bytes]) -> None:
        next(chunks)
        raise LookupError

    async def feed() -> None:
        await BodyReader().feed(a_body(*[b"x" * BATCH_BYTES] * 100), refuse)

    with pytest.raises(LookupError):
        anyio.run(feed)


def test_a_request_that_is_cancelled_ends() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"x"
        await anyio.sleep(30)

    async def feed() -> None:
        with anyio.move_on_after(0.2):
            await BodyReader().feed(silent(), list)

    anyio.run(feed)
