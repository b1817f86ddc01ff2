"""Starts guests, hands them bytes, and takes their answers."""

import json
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Final, Self, TypeVar

from modelkeep.kernel.canonical_json import InvalidJsonError, Json, parse_json
from modelkeep.platform.sandbox.allowance import Allowance
from modelkeep.platform.sandbox.isolation import Isolation, Mechanism
from modelkeep.platform.sandbox.limits import Limits
from modelkeep.platform.sandbox.outcomes import Completed, Failed, Failure, Outcome
from modelkeep.platform.sandbox.sources import Source
from modelkeep.platform.sandbox.template import Guest, Template

_INSIDE: Final = Path(__file__).parent / "inside"
_MEASURING: Final = "modelkeep.platform.sandbox.inside.measuring"
_LENGTH_BYTES: Final = 4
_ENVELOPE: Final = 1024
_MAX_READ: Final = 1024 * 1024
_LOOKED_EVERY: Final = 0.5
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs modules of ours on bytes of strangers, each in a process of its own that can do nothing else.

    A guest is a module with `run(files, arguments) -> Json`, `files` being seekable binary files. It must import all it
    needs at its top: once it is imported, nothing can be opened any more. Packages above it are not executed.

    Safe for use by many threads at once.
    """

    isolation: Isolation
    allowance: Allowance = field(default_factory=Allowance)
    template: Template = field(default_factory=Template, compare=False, repr=False)

    def within(self, allowance: Allowance) -> "Sandbox":
        """Return one whose runs have this much together, whatever the limits of each."""
        return replace(self, allowance=allowance)

    @classmethod
    def measure(cls, mechanisms: frozenset[Mechanism] = frozenset(Mechanism)) -> Self:
        """Find out what can be kept from a guest on this machine, by one that tries.

        Raises:
            OSError: no process can be started.
            RuntimeError: the guest gave no answer.
        """
        order = _Order(_MEASURING, {"readable": str(_INSIDE / "entry.py")}, mechanisms, exactly=False)
        template = Template()
        answer, outcome = _run(template, order, (), Limits(), Allowance())
        if not isinstance(outcome, Completed) or not isinstance(outcome.value, dict):
            raise RuntimeError(f"The sandbox cannot be measured: {outcome}")  # noqa: TRY004 # it is no type of an argument
        return cls(Isolation.measured({**outcome.value, "mechanisms": answer}), template=template)

    def run(
        self, guest: str, sources: Sequence[Source], arguments: Json = None, *, limits: Limits | None = None
    ) -> Outcome:
        """Let a module read the sources, and return its answer or why there is none.

        Raises:
            OSError: no process can be started.
            StoppedError: it was called off.
            Exception: what a source raises.
        """
        order = _Order(guest, arguments, self.isolation.mechanisms, exactly=True)
        _, outcome = _run(self.template, order, sources, limits or Limits(), self.allowance)
        return outcome


@dataclass(frozen=True, slots=True)
class _Order:
    guest: str
    arguments: Json
    mechanisms: frozenset[Mechanism]
    exactly: bool

    def encoded(self, sources: Sequence[Source], limits: Limits) -> bytes:
        return json.dumps(
            {
                "guest": self.guest,
                "arguments": self.arguments,
                "mechanisms": sorted(self.mechanisms),
                "exactly": self.exactly,
                "sizes": [source.size for source in sources],
                "memory_bytes": limits.memory_bytes,
                "cpu_seconds": limits.cpu_seconds,
            }
        ).encode()


def _run(
    template: Template, order: _Order, sources: Sequence[Source], limits: Limits, allowance: Allowance
) -> tuple[Json, Outcome]:
    """Return the mechanisms that held, and the outcome."""
    allowance.check()
    if allowance.spent:
        return None, Failed(Failure.TIMEOUT, "no time was left for it")
    within = replace(allowance, until=min(allowance.until, monotonic() + limits.wall_seconds))
    with template.guest(order.guest) as guest:
        conversation = _Conversation(guest.connection, within, sources)
        try:
            conversation.send(order.encoded(sources, limits))
            answer = conversation.answer(limits.answer_bytes + _ENVELOPE)
        except _NoAnswerError as error:
            return None, Failed(error.failure, str(error) or _ending(guest))
        except InvalidJsonError as error:
            return None, Failed(Failure.CRASHED, error.message)
    if set(answer) == {"value", "mechanisms"}:
        return answer["mechanisms"], Completed(answer["value"])
    with suppress(KeyError, ValueError):
        return None, Failed(Failure(str(answer["failure"])), str(answer["detail"]))
    return None, Failed(Failure.CRASHED, "the answer has another form than agreed")


def _ending(guest: Guest) -> str:
    until = monotonic() + 1
    while guest.status is None and monotonic() < until:
        sleep(0.005)
        guest.look()
    return "it closed its channel" if guest.status is None else f"exit status {guest.status}"


class _NoAnswerError(Exception):
    """The guest is late, gone or talks too much. No `OSError`: a source may raise that."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(detail)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _Conversation:
    connection: socket.socket
    allowance: Allowance
    sources: Sequence[Source]

    def send(self, body: bytes) -> None:
        rest = memoryview(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
        while rest:
            rest = rest[self._in_time(partial(self.connection.send, rest)) :]

    def answer(self, max_bytes: int) -> dict[str, Json]:
        """Serve the guest's reads until it answers."""
        while True:
            length = int.from_bytes(self._exactly(_LENGTH_BYTES), "big")
            if length > max_bytes:
                raise _NoAnswerError(Failure.OVERSIZED, f"a message of {length} bytes is longer than agreed")
            message = parse_json(self._exactly(length), max_bytes=max_bytes)
            if not isinstance(message, dict):
                raise InvalidJsonError("The message is no object.")
            if "read" not in message:
                return message
            self.send(self._bytes(message["read"]))

    def _bytes(self, asked: Json) -> bytes:
        match asked:
            case [int(index), int(offset), int(length)] if (
                0 <= index < len(self.sources)
                and offset >= 0
                and 0 <= length <= _MAX_READ
                and offset + length <= self.sources[index].size
            ):
                return self.sources[index].read(offset, length)
        raise InvalidJsonError("The guest asked for bytes that it was not given.")

    def _exactly(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self._in_time(partial(self.connection.recv, min(length - len(parts), _MAX_READ)))
            if not part:
                raise _NoAnswerError(Failure.CRASHED)
            parts += part
        return bytes(parts)

    def _in_time(self, act: Callable[[], _T]) -> _T:
        """Do what may wait for the guest, and look from time to time whether it is still wanted."""
        while True:
            self.allowance.check()
            remaining = self.allowance.until - monotonic()
            if remaining <= 0:
                raise _NoAnswerError(Failure.TIMEOUT, "no answer in time")
            self.connection.settimeout(min(remaining, _LOOKED_EVERY))
            try:
                return act()
            except TimeoutError:
                continue
            except ConnectionError:
                raise _NoAnswerError(Failure.CRASHED) from None
