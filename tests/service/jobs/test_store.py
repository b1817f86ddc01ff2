"""Claims, leases and fences of jobs, on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from tests.service.jobs.counting import add

from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.ids import new_id
from modelkeep.platform.database import Database, open_engines
from modelkeep.platform.jobs import Again, Done, Job, JobEventKind, JobStatus, JobStore
from modelkeep.platform.jobs.tables import JOB

MINUTE = timedelta(minutes=1)
NOW = timedelta()


def claim(store: JobStore, owner: str = "one", *, ttl: timedelta = MINUTE, limit: int = 10) -> Sequence[Job]:
    return store.claim(["test"], owner=owner, ttl=ttl, limit=limit)


def read(store: JobStore, job: Job) -> Job:
    with store.database.snapshot() as tx:
        found = store.find(tx, job.id)
    assert found is not None
    return found


def history(store: JobStore, job: Job) -> list[tuple[JobEventKind, str]]:
    with store.database.snapshot() as tx:
        return [(line.kind, line.detail) for line in store.history(tx, job.id, limit=10)]


def test_a_job_is_made_once_for_its_key(store: JobStore) -> None:
    with store.database.transaction() as tx:
        assert store.add(tx, "test", "a")
        assert not store.add(tx, "test", "a")
    store.ensure("test", "a")
    assert [job.key for job in claim(store)] == ["a"]


def test_a_claimed_job_is_nobody_elses_until_it_is_saved(store: JobStore) -> None:
    add(store, "a", "b")
    first = claim(store, limit=1)
    second = claim(store, "two")
    assert [job.key for job in (*first, *second)] == ["a", "b"]
    assert claim(store, "three") == []
    assert store.save(first[0], Again(NOW, {"step": 2}))
    (again,) = claim(store, "three")
    assert (again.key, again.state, again.fence, again.attempts) == ("a", {"step": 2}, 2, 1)


def test_a_kind_nobody_knows_is_left_to_who_does(store: JobStore) -> None:
    add(store, "a", kind="of a newer server")
    assert claim(store) == []
    assert store.due_in(["test"]) is None


def test_a_job_is_not_claimed_before_its_time(store: JobStore) -> None:
    add(store, "a")
    (job,) = claim(store)
    store.save(job, Again(timedelta(hours=1)))
    assert claim(store) == []
    due = store.due_in(["test"])
    assert due is not None
    assert timedelta(minutes=59) < due <= timedelta(hours=1)


def test_a_waiting_job_can_be_hastened_but_neither_one_at_work_nor_one_that_failed(store: JobStore) -> None:
    add(store, "waits", "works", "failed")
    jobs = {job.key: job for job in claim(store)}
    store.save(jobs["waits"], Again(timedelta(hours=1)))
    store.fail(jobs["failed"], "no")
    store.hasten(["waits", "works", "failed"])
    assert [job.key for job in claim(store)] == ["waits"]


def test_a_zombies_save_is_refused_and_so_is_its_renewal(store: JobStore) -> None:
    add(store, "a")
    (zombie,) = claim(store, ttl=NOW)
    (heir,) = claim(store, "two")
    assert heir.fence == zombie.fence + 1
    assert not store.renew(zombie, MINUTE)
    assert not store.save(zombie, Done())
    assert not store.fail(zombie, "late")
    assert read(store, heir).status is JobStatus.READY
    assert store.save(heir, Done())
    assert read(store, heir).status is JobStatus.DONE


def test_a_renewed_lease_holds_longer(store: JobStore) -> None:
    add(store, "a")
    (job,) = claim(store, ttl=NOW)
    assert store.renew(job, MINUTE)
    assert claim(store, "two") == []


def test_a_failure_is_kept_and_tried_again_after_a_pause(store: JobStore) -> None:
    add(store, "a")
    (job,) = claim(store)
    assert store.fail(job, "the peer\0 did not answer")
    failed = read(store, job)
    assert (failed.status, failed.last_error) == (JobStatus.READY, "the peer did not answer")
    assert claim(store) == []
    due = store.due_in(["test"])
    assert due is not None
    assert due <= timedelta(seconds=1)
    assert history(store, job) == [(JobEventKind.FAILED, "the peer did not answer")]


def test_a_poison_job_ends_dead_with_its_error_and_can_be_retried(store: JobStore) -> None:
    add(store, "a", max_attempts=1)
    (job,) = claim(store)
    store.fail(job, "always")
    dead = read(store, job)
    assert (dead.status, dead.last_error, dead.owner) == (JobStatus.DEAD, "always", None)
    assert store.counts()[JobStatus.DEAD] == 1
    with store.database.transaction() as tx:
        assert store.retry(tx, job.id)
        assert not store.retry(tx, job.id)
    assert [(job.key, job.attempts) for job in claim(store)] == [("a", 1)]
    assert [kind for kind, _ in history(store, job)] == [JobEventKind.RETRIED, JobEventKind.DIED]


def test_a_job_that_kills_who_works_on_it_ends_dead(store: JobStore) -> None:
    add(store, "a", max_attempts=3)
    for _ in range(3):
        (job,) = claim(store, ttl=NOW)
    assert claim(store, ttl=NOW) == []
    assert read(store, job).status is JobStatus.DEAD
    assert history(store, job) == [(JobEventKind.DIED, "no process that worked on it lived to tell, 3 times")]


def test_a_recurring_job_is_never_dead_and_waits_five_minutes_at_most(store: JobStore) -> None:
    store.ensure("test", "test")
    with store.database.transaction() as tx:
        tx.session.execute(update(JOB).values(attempts=50))
    (job,) = claim(store)
    assert store.fail(job, "the disk is full")
    assert read(store, job).status is JobStatus.READY
    due = store.due_in(["test"])
    assert due is not None
    assert due <= timedelta(minutes=5)


def test_a_recurring_job_is_claimed_however_often_its_process_died(store: JobStore) -> None:
    store.ensure("test", "test")
    for _ in range(30):
        assert len(claim(store, ttl=NOW)) == 1


def test_a_recurring_job_cannot_be_cancelled(store: JobStore) -> None:
    store.ensure("test", "test")
    (job,) = claim(store)
    with store.database.transaction() as tx:
        assert not store.cancel(tx, job.id)
    assert store.save(job, Again(NOW))


@pytest.mark.parametrize("status", [JobStatus.DEAD, JobStatus.CANCELLED])
def test_a_job_that_must_be_there_is_ready_again_after_it_has_ended(store: JobStore, status: JobStatus) -> None:
    store.ensure("test", "test")
    with store.database.transaction() as tx:
        tx.session.execute(update(JOB).values(status=status.value, attempts=20))
    store.ensure("test", "test")
    (job,) = claim(store)
    assert (job.attempts, [kind for kind, _ in history(store, job)]) == (1, [JobEventKind.RETRIED])


def test_a_job_outlives_any_number_of_good_runs(store: JobStore) -> None:
    add(store, "a", max_attempts=2)
    for _ in range(50):
        (job,) = claim(store)
        assert store.save(job, Again(NOW))
    assert read(store, job).status is JobStatus.READY


def test_a_cancelled_job_is_taken_from_who_works_on_it(store: JobStore) -> None:
    add(store, "a")
    (job,) = claim(store)
    with store.database.transaction() as tx:
        assert store.cancel(tx, job.id)
        assert not store.cancel(tx, job.id)
    assert not store.save(job, Again(NOW))
    assert claim(store, "two") == []
    assert read(store, job).status is JobStatus.CANCELLED


def test_a_removed_job_takes_its_history_along(store: JobStore) -> None:
    add(store, "a")
    (job,) = claim(store)
    store.fail(job, "no")
    with store.database.transaction() as tx:
        store.remove(tx, "a")
    assert not store.save(job, Done())
    assert history(store, job) == []


def test_ended_jobs_are_forgotten_and_dead_ones_are_not(store: JobStore) -> None:
    add(store, "done", "dead", max_attempts=1)
    for job in claim(store):
        _ = store.save(job, Done()) if job.key == "done" else store.fail(job, "no")
    assert store.forget(older_than=MINUTE) == 0
    assert store.forget(older_than=NOW) == 2  # the job that is done, and the line on the one that is dead
    assert store.counts() == {**dict.fromkeys(JobStatus, 0), JobStatus.DEAD: 1}


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1)])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_clock_that_is_wrong_by_an_hour_changes_nothing(store: JobStore, database_url: str, wrong: timedelta) -> None:
    database = Database(open_engines(database_url, pool_size=1))
    skewed = JobStore(database, lambda: system_clock() + wrong, new_id)
    add(store, "held", "later")
    held, later = claim(store)
    store.save(later, Again(timedelta(minutes=30)))
    assert claim(skewed, "two") == []
    add(skewed, "new")
    (job,) = claim(skewed, "two", ttl=MINUTE)
    assert abs(job.run_at - datetime.now(UTC)) < MINUTE
    assert claim(store) == []
    assert store.save(held, Done())
    database.close()
