"""Live streams in this process: what is sent, when they end, and how many there are."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.facade.rest.registry import Rest
from tests.people import somebody

from modelkeep.api.rest.event_streams import EventStreams, TooManyStreamsError
from modelkeep.domains.access import UnauthenticatedError
from modelkeep.domains.events import KNOWN_TYPES, Selection
from modelkeep.kernel.identity import Actor, PrincipalId

EVERYTHING = Selection()
ANN, BOB = PrincipalId("ann"), PrincipalId("bob")
MODELS = Selection.of(["MODEL_CREATED"], "", "", known=KNOWN_TYPES)


@pytest.fixture
def streams(rest: Rest) -> EventStreams:
    return EventStreams(rest.services.events.feed, heartbeat=0.05, most=2)


async def told(stream: AsyncIterator[bytes], count: int) -> list[str]:
    """Return the first messages that have data."""
    found: list[str] = []
    async for piece in stream:
        if b"data:" in piece:
            found.append(piece.decode())
        if len(found) == count:
            break
    return found


def test_a_stream_tells_what_is_selected_and_may_be_seen(rest: Rest, streams: EventStreams) -> None:
    rest.create_model("fraud/scorer")
    rest.http.post("/api/v1/namespaces", json={"name": "risk"})
    rest.create_model("risk/scorer")
    viewer = somebody(rest.services, ("viewer", "risk"))

    async def who() -> Actor:
        return viewer

    async def listen() -> list[str]:
        streams.reserve(viewer.id)
        return await told(streams.serve(who, MODELS, -1), 1)

    (message,) = asyncio.run(asyncio.wait_for(listen(), 20))
    identity, kind, data, *_ = message.split("\n")
    event = json.loads(data.removeprefix("data: "))
    assert (identity, kind, event["subject"]) == (f"id: {event['id']}", "event: MODEL_CREATED", "risk/scorer")


def test_a_stream_without_news_says_how_far_it_has_looked(rest: Rest, streams: EventStreams) -> None:
    last = streams.feed.last()
    viewer = somebody(rest.services)

    async def who() -> Actor:
        return viewer

    async def listen() -> list[bytes]:
        streams.reserve(viewer.id)
        stream = streams.serve(who, MODELS, -1)
        return [await anext(stream) for _ in range(2)]

    pieces = asyncio.run(asyncio.wait_for(listen(), 20))
    assert all(int(piece.split(b"\n")[0].removeprefix(b"id: ")) >= last for piece in pieces)


def test_a_stream_ends_with_its_credential(streams: EventStreams) -> None:
    async def who() -> Actor:
        raise UnauthenticatedError("the token was revoked")

    async def listen() -> list[bytes]:
        streams.reserve(ANN)
        return [piece async for piece in streams.serve(who, EVERYTHING, -1)]

    (message,) = asyncio.run(asyncio.wait_for(listen(), 20))
    assert message.startswith(b"event: error\n")
    assert b'"code": "access.unauthenticated"' in message


def test_streams_end_when_the_server_stops(rest: Rest, streams: EventStreams) -> None:
    viewer = somebody(rest.services)

    async def who() -> Actor:
        return viewer

    async def listen() -> None:
        streams.reserve(viewer.id)
        stream = streams.serve(who, EVERYTHING, streams.feed.last())
        await anext(stream)
        await streams.close()
        assert [piece async for piece in stream] == []

    asyncio.run(asyncio.wait_for(listen(), 20))
    with pytest.raises(TooManyStreamsError):
        streams.reserve(ANN)


def test_there_are_only_so_many_streams(streams: EventStreams) -> None:
    streams.reserve(ANN)
    streams.reserve(BOB)
    with pytest.raises(TooManyStreamsError, match="has 2 streams"):
        streams.reserve(BOB)
    streams.release(ANN)
    streams.reserve(BOB)


def test_one_principal_has_only_five_streams(rest: Rest) -> None:
    streams = EventStreams(rest.services.events.feed)
    for _ in range(5):
        streams.reserve(ANN)
    with pytest.raises(TooManyStreamsError, match="you have 5 streams"):
        streams.reserve(ANN)
    streams.reserve(BOB)
    streams.release(ANN)
    streams.reserve(ANN)
