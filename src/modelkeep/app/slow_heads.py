"""Ends connections that do not get to the end of a request's head: uvicorn itself would wait for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PunctualHeadProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, where the head of a request has to be there in time.

    The time of a connection's first head starts when it is made, that of each further one with its first byte. How long
    bodies take is not for here.
    """

    def __init__(self, *arguments: Any, head_seconds: float, **options: Any) -> None:  # noqa: ANN401 - those of uvicorn
        """Give each head so many seconds."""
        super().__init__(*arguments, **options)
        self._head_seconds = head_seconds
        self._deadline: asyncio.TimerHandle | None = None
        self._is_between = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the time of the first head."""
        super().connection_made(transport)
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the time of a further head, be it with the empty lines that may stand before one."""
        if self._is_between:
            self._start()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the time of a head that comes with the end of the request before."""
        self._start()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Be content: the head is there."""
        self._stop()
        self._is_between = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect a further head."""
        self._is_between = True
        super().on_message_complete()

    def _start(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._head_seconds, self._end)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        """End the connection, unless an answer is under way on it: then look again later."""
        self._deadline = None
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            self._start()
            return
        self.transport.abort()
