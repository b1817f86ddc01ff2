"""S13: what a hostile guest tries does not reach the machine, by each mechanism alone and by both.

A mechanism may be missing (a container that permits no namespaces, macOS): then the tests hold the sandbox to what it
says of itself, and nothing is skipped.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.service.sandbox.processes import processes_with

from modelkeep.kernel.canonical_json import Json
from modelkeep.platform.sandbox import Completed, Failed, Failure, Level, Limits, Mechanism, Outcome, Sandbox

GUEST = "tests.service.sandbox.guests"
QUICK = Limits(cpu_seconds=1, wall_seconds=20)
LINUX = sys.platform == "linux"
BOTH, NEITHER = frozenset(Mechanism), frozenset[Mechanism]()


@pytest.fixture(
    scope="module",
    params=[BOTH, *(frozenset({one}) for one in Mechanism), NEITHER],
    ids=lambda mechanisms: ", ".join(sorted(mechanisms)),
)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """By both mechanisms, by each alone, by none."""
    return Sandbox.measure(request.param)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "signing.key"
    file.write_text("secret", encoding="ascii")
    file.chmod(0o600)
    return file


def test_a_filter_of_system_calls_alone_makes_it_full(sandbox: Sandbox) -> None:
    if Mechanism.SYSTEM_CALLS in sandbox.isolation.mechanisms:
        assert sandbox.isolation.level is Level.FULL


def test_without_a_mechanism_it_says_that_it_is_reduced() -> None:
    assert Sandbox.measure(NEITHER).isolation.level is Level.REDUCED


def test_on_linux_it_is_full_with_no_privilege() -> None:
    assert Sandbox.measure().isolation.level is (Level.FULL if LINUX else Level.REDUCED)


def test_no_network_is_reached(sandbox: Sandbox, listener: socket.socket) -> None:
    reached = value(attempt(sandbox, "speak_to", listener.getsockname()[1]))
    if sandbox.isolation.network:
        assert reached == []
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_fork_bomb_does_not_go_off_or_ends_with_its_group(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # is in the command line of the template, and of all that it forks
    sandbox = Sandbox.measure(sandbox.isolation.mechanisms)
    started = value(attempt(sandbox, "fork_on"))
    assert started == 0 or not sandbox.isolation.processes
    deadline = monotonic() + 10
    while len(processes_with(str(tmp_path))) > 1:
        assert monotonic() < deadline
        sleep(0.02)


def test_no_program_is_started(sandbox: Sandbox) -> None:
    outcome = attempt(sandbox, "start_program")
    if sandbox.isolation.files:
        assert value(outcome) in {"PermissionError", "FileNotFoundError"}


def test_four_gigabytes_are_refused(sandbox: Sandbox) -> None:
    if LINUX:
        assert failure(attempt(sandbox, "allocate")) is Failure.MEMORY


def test_processor_time_ends(sandbox: Sandbox) -> None:
    assert failure(attempt(sandbox, "spin")) is Failure.CPU


def test_processor_time_ends_where_python_cannot_look() -> None:
    assert failure(attempt(Sandbox.measure(), "spin_in_c")) is Failure.CRASHED


def test_time_ends_for_a_guest_that_does_nothing(sandbox: Sandbox) -> None:
    outcome = sandbox.run(GUEST, (), {"do": "sleep"}, limits=Limits(wall_seconds=0.5))
    assert failure(outcome) is Failure.TIMEOUT


def test_nothing_is_written(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "dropped"
    tmp_path.chmod(0o777)
    outcome = attempt(sandbox, "write", file)
    if sandbox.isolation.files:
        assert value(outcome) in {"PermissionError", "FileNotFoundError", "OSError"}
        assert not file.exists()
    else:
        assert not file.exists() or file.stat().st_size <= 1024 * 1024


@pytest.mark.parametrize("guest", ["read", "undo"])
def test_no_file_is_read(sandbox: Sandbox, key: Path, guest: str) -> None:
    found = value(attempt(sandbox, guest, key))
    if sandbox.isolation.files:
        assert found == []


def test_the_server_is_not_signalled(sandbox: Sandbox) -> None:
    received: list[int] = []
    earlier = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        outcome = attempt(sandbox, "signal_parent", os.getpid())
    finally:
        signal.signal(signal.SIGTERM, earlier)
    if sandbox.isolation.mechanisms:
        assert value(outcome) in {"PermissionError", "ProcessLookupError"}
        assert not received


def test_the_environment_is_empty(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELKEEP_SECRET_KEY", "secret")
    assert value(attempt(sandbox, "environment")) == []


def test_one_descriptor_is_open_and_those_of_nothing(sandbox: Sandbox) -> None:
    with socket.socket() as other:
        os.set_inheritable(other.fileno(), True)  # noqa: FBT003 # of the library
        assert value(attempt(sandbox, "descriptors")) == [0, 1, 2]


def test_what_was_not_imported_in_time_fails_in_words() -> None:
    outcome = attempt(Sandbox.measure(), "open_late")
    if LINUX:
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.ERROR


def test_a_sandbox_that_is_not_what_it_was_runs_nothing() -> None:
    sandbox = Sandbox.measure()
    if LINUX:
        held = sandbox.isolation.mechanisms
        order = Sandbox(isolation=type(sandbox.isolation)(True, True, True, held | BOTH))  # noqa: FBT003 # as measured
        outcome = attempt(order, "environment")
        assert isinstance(outcome, Completed) if held == BOTH else failure(outcome) is Failure.UNCONFINED


def attempt(sandbox: Sandbox, guest: str, argument: object = "") -> Outcome:
    return sandbox.run(GUEST, (), {"do": guest, "with": str(argument)}, limits=QUICK)


def value(outcome: Outcome) -> Json:
    assert isinstance(outcome, Completed), outcome
    return outcome.value


def failure(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failed), outcome
    return outcome.failure
