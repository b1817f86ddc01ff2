"""Starts and ends the processes of guests, by a process that has imported what they need: a fork takes milliseconds."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final
from weakref import finalize

_PROGRAM: Final = Path(__file__).parent / "inside" / "template.py"
_SOURCE: Final = Path(__file__).parents[3]
_LENGTH_BYTES: Final = 4
_PATIENCE: Final = 60.0
"""Seconds for one answer of the template: it may have to import a guest first."""


class Template:
    """The process from which guests are forked.

    It is started when the first guest is, and again if it has ended. It gets no byte that a guest is to read, so that
    no guest can change it. Safe for use by many threads at once; not to be used on both sides of a fork.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = Lock()
        self._running: _Running | None = None

    @contextmanager
    def guest(self, module: str) -> Iterator["Guest"]:
        """Start the process of a guest, and kill it with all it has started.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                running, process = self._started(module, theirs.fileno())
            guest = Guest(running, process, ours)
            try:
                yield guest
            finally:
                guest.kill()

    def _started(self, module: str, channel: int) -> "tuple[_Running, int]":
        running = self._current()
        try:
            return running, running.start(module, channel)
        except _LostError:
            running = self._current()
            return running, running.start(module, channel)

    def _current(self) -> "_Running":
        with self._lock:
            if self._running is None or self._running.lost:
                self._running = _Running()
            return self._running


@dataclass(slots=True)
class Guest:
    """The process of a guest: its connection, and its exit status once it is known to have ended."""

    _template: "_Running"
    _process: int
    connection: socket.socket
    status: int | None = None

    def look(self) -> None:
        """Find out whether it has ended."""
        self._end("look")

    def kill(self) -> None:
        """End it, with all that it has started."""
        self._end("kill")

    def _end(self, how: str) -> None:
        if self.status is None:
            with suppress(_LostError):  # a guest dies with its template
                self.status = self._template.ask({how: self._process})["status"]


class _LostError(OSError):
    """The template has ended, or no longer answers."""


class _Running:
    """A template's process, which ends when this is no longer used."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection, theirs = socket.socketpair()
        self._connection.settimeout(_PATIENCE)
        with theirs:
            paths = [str(_SOURCE), *filter(None, sys.path)]
            program = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(_PROGRAM)]
            process = subprocess.Popen(  # noqa: S603 # our own program, and no text of anybody else
                [*program, str(theirs.fileno()), json.dumps(paths)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={},
                start_new_session=True,
            )
        self._end = finalize(self, _end, process, self._connection)

    @property
    def lost(self) -> bool:
        """Whether it is known to be of no more use."""
        return not self._end.alive

    def start(self, module: str, channel: int) -> int:
        """Return the process of a new guest.

        Raises:
            OSError: it cannot be started.
        """
        answer = self.ask({"start": module}, (channel,))
        if "refused" in answer:
            raise OSError(f"the process of a guest cannot be started: {answer['refused']}")
        return int(answer["process"])

    def ask(self, question: Mapping[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        """Ask the template to do something.

        Raises:
            _LostError: it does not answer.
        """
        body = json.dumps(question).encode()
        message = len(body).to_bytes(_LENGTH_BYTES, "big") + body
        with self._lock:
            try:
                sent = socket.send_fds(self._connection, [message], descriptors)
                self._connection.sendall(message[sent:])
                answer = self._exactly(int.from_bytes(self._exactly(_LENGTH_BYTES), "big"))
            except OSError as error:
                self._end()
                raise _LostError(f"the process that guests are started from is gone: {error}") from error
        value: dict[str, Any] = json.loads(answer)
        return value

    def _exactly(self, length: int) -> bytes:
        parts = b""
        while len(parts) < length:
            part = self._connection.recv(length - len(parts))
            if not part:
                raise ConnectionResetError("it has ended")
            parts += part
        return parts


def _end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    """Let the template end, and its guests with it."""
    connection.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
        return
    process.kill()
    process.wait()
