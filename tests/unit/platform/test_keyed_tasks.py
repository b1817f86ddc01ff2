from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock
from time import monotonic

import pytest

from modelkeep.platform.jobs import KeyedTasks

LONG = 20.0


@pytest.fixture
def tasks() -> Iterator[KeyedTasks]:
    started = KeyedTasks(workers=4, name="test")
    yield started
    started.close()


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_the_work_has_been_done_when_run_returns(tasks: KeyedTasks) -> None:
    done: list[str] = []
    assert tasks.run("a", lambda: done.append("a"), wait_seconds=LONG)
    assert done == ["a"]


def test_callers_of_one_key_share_one_run(tasks: KeyedTasks, callers: ThreadPoolExecutor) -> None:
    runs: list[int] = []
    begun, asked = Event(), Event()

    def work() -> None:
        runs.append(1)
        begun.set()
        asked.wait(LONG)

    first = callers.submit(tasks.run, "a", work, wait_seconds=LONG)
    assert begun.wait(LONG)
    joined = [callers.submit(tasks.run, "a", work, wait_seconds=0.01) for _ in range(15)]
    assert [answer.result() for answer in joined] == [False] * 15
    asked.set()
    assert first.result()
    assert runs == [1]


def test_one_key_never_runs_twice_at_the_same_time(tasks: KeyedTasks, callers: ThreadPoolExecutor) -> None:
    lock = Lock()

    def work() -> None:
        assert lock.acquire(blocking=False)
        lock.release()

    answers = [callers.submit(tasks.run, "a", work, wait_seconds=LONG) for _ in range(300)]
    assert all(answer.result() for answer in answers)


def test_other_keys_do_not_wait(tasks: KeyedTasks, callers: ThreadPoolExecutor) -> None:
    together = Barrier(4)

    def meet() -> None:
        together.wait(LONG)

    answers = [callers.submit(tasks.run, str(key), meet, wait_seconds=LONG) for key in range(4)]
    assert all(answer.result() for answer in answers)


def test_work_that_goes_on_is_reported_and_can_be_waited_for_again(tasks: KeyedTasks) -> None:
    may_end, runs = Event(), []

    def work() -> None:
        runs.append(1)
        may_end.wait(LONG)

    assert not tasks.run("a", work, wait_seconds=0.01)
    assert not tasks.run("a", work, wait_seconds=0.01)
    may_end.set()
    assert tasks.run("a", work, wait_seconds=LONG)
    assert len(runs) <= 2


def test_every_caller_learns_how_the_work_failed(tasks: KeyedTasks, callers: ThreadPoolExecutor) -> None:
    may_fail = Event()

    def work() -> None:
        may_fail.wait(LONG)
        raise LookupError("no parts")

    answers = [callers.submit(tasks.run, "a", work, wait_seconds=LONG) for _ in range(4)]
    may_fail.set()
    for answer in answers:
        with pytest.raises(LookupError, match="no parts"):
            answer.result()


def test_a_failure_is_forgotten_as_soon_as_it_is_reported(tasks: KeyedTasks) -> None:
    def fail() -> None:
        raise LookupError

    for _ in range(500):
        with pytest.raises(LookupError):
            tasks.run("a", fail, wait_seconds=LONG)
        assert tasks.run("a", lambda: None, wait_seconds=LONG)


def test_a_time_out_of_the_work_itself_is_not_taken_for_ours(tasks: KeyedTasks) -> None:
    def work() -> None:
        raise TimeoutError("the store did not answer")

    with pytest.raises(TimeoutError, match="the store did not answer"):
        tasks.run("a", work, wait_seconds=LONG)


def test_work_that_ends_at_once_blocks_nobody(tasks: KeyedTasks) -> None:
    started = monotonic()
    for number in range(2_000):
        assert tasks.run(str(number), lambda: None, wait_seconds=LONG)
    assert monotonic() - started < LONG


def test_closing_waits_for_what_runs() -> None:
    tasks, done, under_way = KeyedTasks(workers=1, name="test"), [], Event()

    def work() -> None:
        under_way.set()
        Event().wait(0.05)
        done.append(1)

    assert not tasks.run("a", work, wait_seconds=0.001)
    under_way.wait(LONG)
    tasks.close()
    assert done == [1]
