"""The process that guests are forked from may end, and ends with its server; its guests end with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.service.sandbox.processes import processes_with

from modelkeep.kernel.canonical_json import Json
from modelkeep.platform.sandbox import Completed, Failed, Failure, Limits, Sandbox

GUEST = "tests.service.sandbox.guests"
ROOT = Path(__file__).parents[3]
LIMITS = Limits(wall_seconds=20)
GUESTS: dict[str, Json] = {
    "modelkeep.domains.inspection.domain.reading": {"paths": [], "heads_only": False},
    "modelkeep.domains.inspection.domain.scanning.guest": {"paths": [], "allowed": []},
    "modelkeep.platform.sandbox.inside.measuring": {"readable": "/"},
}
SERVER = """
import sys
from modelkeep.platform.sandbox import Sandbox
sys.path.append(sys.argv[1])
Sandbox.measure().run("tests.service.sandbox.guests", (), {"do": "sleep"})
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A text in the command lines of a template that is started from now on, and of its guests."""
    monkeypatch.syspath_prepend(tmp_path)
    return str(tmp_path)


@pytest.fixture
def sandbox(marker: str) -> Sandbox:
    del marker
    return Sandbox.measure()


def test_one_that_was_killed_is_started_again(sandbox: Sandbox, marker: str) -> None:
    template = the_template(marker)
    os.kill(template, signal.SIGKILL)
    assert sandbox.run(GUEST, (), {"do": "environment"}, limits=LIMITS) == Completed([])
    assert processes_with(marker) not in ([], [template])


@dataclass(frozen=True)
class Deadly:
    """A file whose reading ends the template; the guest that asked ends meanwhile."""

    template: int
    marker: str
    size: int = 4

    def read(self, _: int, length: int) -> bytes:
        os.kill(self.template, signal.SIGKILL)
        until(lambda: set(processes_with(self.marker)) <= {self.template})  # which nobody has waited for yet
        return bytes(length)


def test_guests_end_with_it(sandbox: Sandbox, marker: str) -> None:
    template = the_template(marker)
    outcome = sandbox.run(GUEST, (Deadly(template, marker),), {"do": "read_backwards"}, limits=LIMITS)
    assert isinstance(outcome, Failed)
    assert outcome.failure is Failure.CRASHED


def test_it_ends_with_its_server_and_so_do_guests(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER, str(tmp_path)]
    with subprocess.Popen(command, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}, start_new_session=True) as server:
        until(lambda: len(processes_with(str(tmp_path))) > 2)
        server.kill()
    until(lambda: not processes_with(str(tmp_path)))


def test_it_ends_when_it_is_no_longer_used(marker: str) -> None:
    Sandbox.measure()
    until(lambda: not processes_with(marker))


@pytest.mark.parametrize("guests", [list(GUESTS), list(reversed(GUESTS))])
def test_guests_of_one_template_are_not_in_each_others_way(sandbox: Sandbox, marker: str, guests: list[str]) -> None:
    outcomes = [sandbox.run(guest, (), GUESTS[guest], limits=LIMITS) for guest in guests]
    assert all(isinstance(outcome, Completed) for outcome in outcomes), outcomes
    template = the_template(marker)
    assert len(list(Path(f"/proc/{template}/task").iterdir())) == 1  # a fork leaves other threads' locks held


def test_many_threads_use_it(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda _: sandbox.run(GUEST, (), {"do": "environment"}, limits=LIMITS), range(24))
        assert set(map(str, answers)) == {str(Completed([]))}


def the_template(marker: str) -> int:
    """Return its process: the only one there is, once guests that were killed are gone, too."""
    until(lambda: len(processes_with(marker)) == 1)
    (template,) = processes_with(marker)
    return template


def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds, but not for long."""
    deadline = monotonic() + 10
    while not condition():
        assert monotonic() < deadline
        sleep(0.02)
