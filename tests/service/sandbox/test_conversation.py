"""A guest reads what it was given, and what it says is held to a form and a length."""

from dataclasses import dataclass, field
from threading import Event, Timer
from time import monotonic

import pytest

from modelkeep.platform.sandbox import (
    Allowance,
    Completed,
    Failed,
    Failure,
    Limits,
    Outcome,
    Sandbox,
    StoppedError,
)

GUEST = "tests.service.sandbox.guests"
LIMITS = Limits(wall_seconds=10, answer_bytes=1000)


@dataclass
class Memory:
    """A file that remembers what was read of it."""

    data: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.data[offset : offset + length]


@dataclass
class Broken:
    error: Exception
    size: int = 4

    def read(self, offset: int, length: int) -> bytes:
        del offset, length
        raise self.error


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox.measure()


def test_files_are_read_in_any_order(sandbox: Sandbox) -> None:
    files = (Memory(b"first and last"), Memory(b""), Memory(b"x" * 700_000 + b"tail"))
    outcome = sandbox.run(GUEST, files, {"do": "read_backwards"}, limits=LIMITS)
    assert outcome == Completed([[14, "firs", "last", 10], [0, "", "", 0], [700_004, "xxxx", "tail", 700_000]])


def test_a_run_that_is_called_off_ends_within_a_second_with_its_guest(sandbox: Sandbox) -> None:
    off = Event()
    Timer(0.5, off.set).start()
    begun = monotonic()
    with pytest.raises(StoppedError, match="the server stops"):
        sandbox.within(Allowance(called_off=off.is_set)).run(GUEST, (), {"do": "sleep"}, limits=LIMITS)
    assert monotonic() - begun < 3


def test_runs_have_no_more_time_than_all_together(sandbox: Sandbox) -> None:
    short = sandbox.within(Allowance.of(1))
    begun = monotonic()
    outcomes = [short.run(GUEST, (), {"do": "sleep"}, limits=LIMITS) for _ in range(3)]
    assert [isinstance(outcome, Failed) and outcome.failure for outcome in outcomes] == [Failure.TIMEOUT] * 3
    assert monotonic() - begun < 3


def test_only_the_ranges_that_a_guest_reads_are_fetched(sandbox: Sandbox) -> None:
    file = Memory(bytes(50_000_000))
    sandbox.run(GUEST, (file,), {"do": "read_backwards"}, limits=Limits(wall_seconds=20))
    assert max(length for _, length in file.reads) <= 256 * 1024


@pytest.mark.parametrize("error", [ConnectionAbortedError, TimeoutError, EOFError, LookupError])
def test_what_a_source_raises_passes_through(sandbox: Sandbox, error: type[Exception]) -> None:
    with pytest.raises(error):
        sandbox.run(GUEST, (Broken(error()),), {"do": "read_backwards"}, limits=LIMITS)


@pytest.mark.parametrize(
    "message",
    [
        '{"read": [0, 0, 5]}',
        '{"read": [1, 0, 1]}',
        '{"read": [-1, 0, 1]}',
        '{"read": [0, -1, 1]}',
        '{"read": [0, 0, 9999999]}',
        '{"read": "../etc/passwd"}',
        '{"value": 1}',
        '{"value": 1, "mechanisms": [], "more": 2}',
        '{"failure": "of no known kind", "detail": ""}',
        '{"failure": "cpu"}',
        "[]",
        "{",
        '{"value": NaN, "mechanisms": []}',
        "[" * 500,
        "",
    ],
)
def test_a_message_of_another_form_is_no_answer(sandbox: Sandbox, message: str) -> None:
    outcome = sandbox.run(GUEST, (Memory(b"abcd"),), {"do": "lie", "with": message}, limits=LIMITS)
    assert failure(outcome) is Failure.CRASHED


def test_an_answer_has_a_length(sandbox: Sandbox) -> None:
    assert failure(sandbox.run(GUEST, (), {"do": "talk", "with": "5000"}, limits=LIMITS)) is Failure.OVERSIZED
    assert sandbox.run(GUEST, (), {"do": "talk", "with": "900"}, limits=LIMITS) == Completed("x" * 900)


def test_an_exception_is_no_answer(sandbox: Sandbox) -> None:
    outcome = sandbox.run(GUEST, (), {"do": "fail", "with": "\udcff"}, limits=LIMITS)
    assert outcome == Failed(Failure.ERROR, "LookupError: \\udcff")


@pytest.mark.parametrize("code", ["0", "1", "139"])
def test_an_early_end_is_no_answer(sandbox: Sandbox, code: str) -> None:
    assert failure(sandbox.run(GUEST, (), {"do": "leave", "with": code}, limits=LIMITS)) is Failure.CRASHED


def test_a_guest_that_does_not_exist_is_no_answer(sandbox: Sandbox) -> None:
    assert failure(sandbox.run("tests.service.sandbox.nobody", (), limits=LIMITS)) is Failure.CRASHED


def failure(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failed), outcome
    return outcome.failure
