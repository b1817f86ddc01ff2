"""The live stream of events over REST."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest.dependencies import authenticate, reauthenticate
from modelkeep.api.rest.event_streams import EventStreamResponse, EventStreams
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.domains.events import KNOWN_TYPES, Selection
from modelkeep.kernel.identity import Actor

router = APIRouter(prefix="/events", tags=["events"], route_class=RegistryRoute)

_LAST = 2**62
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class AskedEvents:
    """Which events are wanted, as they stand in a query."""

    types: Annotated[list[str] | None, Query(alias="type", description="Such as `MODEL_*`; may be repeated")] = None
    namespace: Annotated[str, Query(description="Only what is about this namespace")] = ""
    model: Annotated[str, Query(description="Only what is about this model, `namespace/name`")] = ""

    @property
    def selection(self) -> Selection:
        """What is selected.

        Raises:
            InvalidSubscriptionError: there is no such type.
        """
        return Selection.of(self.types or (), self.namespace, self.model, known=KNOWN_TYPES)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream_events(
    request: Request,
    actor: Annotated[Actor, Depends(authenticate)],
    asked: Annotated[AskedEvents, Depends()],
    after: Annotated[
        int | None,
        Query(description="The number of the last event that is known; without it, from now on", ge=-1, le=_LAST),
    ] = None,
    last_event_id: Annotated[str | None, Header(description="The same, from a client that connects again")] = None,
) -> StreamingResponse:
    """Send what happens, as it happens: server-sent events whose data are CloudEvents."""
    streams: EventStreams = request.app.state.event_streams
    selection = asked.selection
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        after = int(last_event_id[:_DIGITS])
    start = await run_in_threadpool(streams.feed.last) if after is None else after
    streams.reserve(actor.id)
    return EventStreamResponse(streams, actor.id, streams.serve(lambda: reauthenticate(request), selection, start))
