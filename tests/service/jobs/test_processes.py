"""Several processes over one table of jobs."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.service.jobs.counting import add
from tests.soak import rounds

from modelkeep.platform.jobs import JobStatus, JobStore

JOBS = rounds(200, 4000)
DEADLINE_SECONDS = 120


@contextmanager
def worker(url: str, folder: Path, *, lease: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.service.jobs.worker", url, str(folder), str(lease)]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs(folder: Path) -> Counter[str]:
    file = folder / "runs"
    return Counter(file.read_text().split()) if file.exists() else Counter()


def done(store: JobStore) -> int:
    return store.counts()[JobStatus.DONE]


def test_two_processes_lose_no_job_and_do_none_twice(store: JobStore, database_url: str, tmp_path: Path) -> None:
    keys = [str(number) for number in range(JOBS)]
    add(store, *keys)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(worker(database_url, tmp_path, lease=60))
        wait_until(lambda: done(store) == JOBS)
    assert runs(tmp_path) == Counter(keys)


def test_the_job_of_a_killed_process_is_taken_over(store: JobStore, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "hang").touch()
    add(store, "a")
    with worker(database_url, tmp_path, lease=1) as killed:
        wait_until(lambda: runs(tmp_path) == Counter(["a"]))
        time.sleep(1.2)  # longer than the lease: it is renewed
        killed.kill()
    (tmp_path / "hang").unlink()
    with worker(database_url, tmp_path, lease=1):
        wait_until(lambda: done(store) == 1)
    assert runs(tmp_path) == Counter({"a": 2})
