"""A runner in this process: what handlers see, and what becomes of their answers."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event

import pytest
from tests.service.jobs.counting import Counted, add

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.paging import PageRequest
from modelkeep.platform.jobs import (
    Again,
    Done,
    Handler,
    JobKind,
    JobRunner,
    JobStatus,
    JobStore,
    Outcome,
    Work,
    every,
)

LONG = 20.0
HOUR = timedelta(hours=1)


@pytest.fixture
def run(store: JobStore, counted: Counted) -> Callable[..., JobRunner]:
    """Make a runner of some kinds."""

    def make(*kinds: JobKind, lease: timedelta = timedelta(minutes=1)) -> JobRunner:
        return JobRunner(store, kinds, metrics=counted, poll=0.02, lease=lease)

    return make


def kind(handle: Handler) -> JobKind:
    return JobKind("test", handle)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_handler_is_given_its_state_and_called_again_with_what_it_answered(
    store: JobStore, run: Callable[..., JobRunner]
) -> None:
    seen: list[object] = []

    def handle(work: Work) -> Outcome:
        seen.append(work.job.state["key"])
        return Done() if len(seen) == 3 else Again(timedelta(), {"key": len(seen)})

    add(store, "a")
    with run(kind(handle)):
        wait_until(lambda: store.counts()[JobStatus.DONE] == 1)
    assert seen == ["a", 1, 2]


def test_what_a_handler_raises_is_a_failure_and_other_jobs_go_on(
    store: JobStore, run: Callable[..., JobRunner], counted: Counted
) -> None:
    def handle(work: Work) -> Outcome:
        if work.job.key == "defect":
            raise LookupError("not there")
        if work.job.key == "refused":
            raise InvalidValueError("not like this")
        return Done()

    add(store, "defect", "refused", "good", max_attempts=1)
    with run(kind(handle)):
        wait_until(lambda: len(counted.runs) == 3)
    with store.database.snapshot() as tx:
        dead = {job.key: job.last_error for job in store.list(tx, JobStatus.DEAD, PageRequest()).items}
    assert dead == {"defect": "LookupError: not there", "refused": "kernel.invalid_value: not like this"}
    assert sorted(counted.runs) == [("test", "failed"), ("test", "failed"), ("test", "saved")]


def test_a_recurring_job_is_made_by_the_runner_and_runs_at_once(
    store: JobStore, run: Callable[..., JobRunner], counted: Counted
) -> None:
    done = Event()
    with run(every(HOUR, "tidy", done.set)):
        assert done.wait(LONG)
        wait_until(lambda: counted.runs == [("tidy", "saved")])
    due = store.due_in(["tidy"])
    assert due is not None
    assert timedelta() < due <= HOUR


def test_a_recurring_job_that_did_a_whole_batch_runs_again_at_once(
    run: Callable[..., JobRunner], counted: Counted
) -> None:
    left = [3, 10, 10]
    with run(every(HOUR, "tidy", left.pop, batch=10)):
        wait_until(lambda: counted.runs == [("tidy", "saved")] * 3)
    assert left == []


def test_a_job_that_is_wanted_does_not_wait_for_its_time(store: JobStore, run: Callable[..., JobRunner]) -> None:
    wish: list[str] = []
    runs: list[str] = []

    def handle(work: Work) -> Outcome:
        runs.append(work.job.key)
        wish.clear()
        return Again(HOUR)

    def wanted() -> Sequence[str]:
        return tuple(wish)

    add(store, "a")
    with run(JobKind("test", handle, wanted=wanted)):
        wait_until(lambda: runs == ["a"])
        wait_until(lambda: (store.due_in(["test"]) or timedelta()) > timedelta())
        wish.append("a")
        wait_until(lambda: runs == ["a", "a"])


def test_a_handler_whose_lease_is_lost_is_told_and_its_answer_dropped(
    store: JobStore, run: Callable[..., JobRunner], counted: Counted
) -> None:
    def handle(work: Work) -> Outcome:
        with store.database.transaction() as tx:
            store.cancel(tx, work.job.id)
        while True:
            work.check()
            time.sleep(0.01)

    add(store, "a")
    with run(kind(handle), lease=timedelta(seconds=0.3)):
        wait_until(lambda: counted.runs == [("test", "lost")])
    assert store.counts()[JobStatus.CANCELLED] == 1


def test_a_runner_that_stops_waits_for_its_handlers_and_tells_them(
    store: JobStore, run: Callable[..., JobRunner]
) -> None:
    begun = Event()

    def handle(work: Work) -> Outcome:
        begun.set()
        while not work.stopping:
            time.sleep(0.01)
        return Again(HOUR, {"key": "where it stopped"})

    add(store, "a")
    with run(kind(handle)):
        assert begun.wait(LONG)
    with store.database.snapshot() as tx:
        (job,) = store.list(tx, JobStatus.READY, PageRequest()).items
    assert (job.state, job.owner) == ({"key": "where it stopped"}, None)


def test_of_a_bounded_kind_no_more_run_at_once_and_others_go_on(
    store: JobStore, run: Callable[..., JobRunner], counted: Counted
) -> None:
    begun: list[str] = []
    release = Event()

    def handle(work: Work) -> Outcome:
        begun.append(work.job.key)
        assert release.wait(LONG)
        return Done()

    add(store, *(f"slow {number}" for number in range(5)), kind="slow")
    with run(JobKind("slow", handle, at_once=2), kind(lambda _: Done())):
        wait_until(lambda: len(begun) == 2)
        add(store, "a", "b")
        wait_until(lambda: counted.runs == [("test", "saved")] * 2)
        assert len(begun) == 2
        release.set()
        wait_until(lambda: len(counted.runs) == 7)
    assert store.counts()[JobStatus.DONE] == 7


def test_the_numbers_of_jobs_are_counted(store: JobStore, run: Callable[..., JobRunner], counted: Counted) -> None:
    add(store, "a", kind="of nobody")
    with run(kind(lambda _: Done())):
        wait_until(lambda: counted.numbers == {"ready": 1, "dead": 0})
