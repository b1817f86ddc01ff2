"""Live events: what happens in a registry, as it happens."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Unpack
from urllib.parse import urlencode

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.errors import BY_KIND, ApiError, ServerUnreachableError, UnavailableError, UnexpectedAnswerError
from modelkeep.client.http import Call
from modelkeep.client.webhook_values import LiveEvent
from modelkeep.client.webhooks import EventSelection
from modelkeep.kernel.errors import Kind

_TRIES: Final = 40
_LONGEST_WAIT: Final = 10.0
_jitter: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class _Message:
    """One message of the stream; without data it only says how far the server has looked."""

    id: str
    event: str
    data: str


class EventMethods(Connected):
    """What a registry object can do with live events."""

    def events(self, *, after: int | None = None, **wanted: Unpack[EventSelection]) -> Iterator[LiveEvent]:
        """Yield events as they happen, in order, for ever; a connection that is lost is made anew where it was.

        Args:
            after: the number of the last event that is known; without it, from now on. -1 is from the first one on.
            wanted: which events.

        Raises:
            ServerUnreachableError: there is no server, or it stayed away for several minutes.
            ApiError: the server refuses, such as when the credential ends meanwhile.
        """
        known, failures = after, 0
        while True:
            try:
                for message in _messages(self._session.stream(_call(known, wanted))):
                    failures = 0
                    known = int(message.id) if message.id.isdigit() else known
                    if message.event == "error":
                        raise _refusal(message.data)
                    if message.data:
                        yield LiveEvent.read(int(message.id), message.event, Answer(json.loads(message.data)))
            except (ServerUnreachableError, UnavailableError):
                if known is None or failures >= _TRIES:
                    raise
            failures += 1
            time.sleep(_jitter.uniform(0.5, 1) * min(0.25 * 2**failures, _LONGEST_WAIT))


def _call(after: int | None, wanted: EventSelection) -> Call:
    query: list[tuple[str, str | int]] = [("type", one) for one in wanted.get("types", ())]
    query += [(name, value) for name in ("namespace", "model") if (value := str(wanted.get(name, "")))]
    query += [("after", after)] if after is not None else []
    return Call("GET", f"/events/stream?{urlencode(query)}", headers={"Accept": "text/event-stream"})


def _messages(chunks: Iterable[bytes]) -> Iterator[_Message]:
    """Read server-sent events (the HTML standard, section 9.2.6), as far as this server uses them."""
    fields: dict[str, str] = {}
    for line in _lines(chunks):
        name, _, value = line.partition(":")
        if line:
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield _Message(fields.get("id", ""), fields.get("event", ""), fields.get("data", ""))
            fields = {}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in lines)


def _refusal(data: str) -> ApiError:
    document = json.loads(data)
    kind = str(document.get("kind", ""))
    error = BY_KIND[Kind(kind)] if kind in set(Kind) else UnexpectedAnswerError
    return error(str(document.get("detail", "")), code=str(document.get("code", "")))
