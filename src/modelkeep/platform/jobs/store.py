"""Claims, leases and fenced saves of jobs: what makes background work safe with any number of processes.

Time is the database's own (`clock_timestamp()`), so that a worker with a wrong clock takes nothing early; on SQLite
all processes share one host and its clock. Every method is one short transaction unless it takes one.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Json
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Database, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id
from modelkeep.platform.jobs.tables import JOB, JOB_EVENT
from modelkeep.platform.jobs.values import MAX_ATTEMPTS, Again, Job, JobEvent, JobEventKind, JobStatus, Outcome

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_LONGEST_RECURRING_PAUSE: Final = timedelta(minutes=5)
_ERROR_LENGTH: Final = 1000
FORGOTTEN_AT_ONCE: Final = 1000
_READY: Final = JOB.c.status == JobStatus.READY.value
_RECURRING: Final = JOB.c.key == JOB.c.kind


@dataclass(frozen=True, slots=True)
class JobStore:
    """The rows of all background work; `clock` is asked on SQLite only."""

    database: Database
    clock: Clock
    new_id: IdSource

    def now(self, tx: Transaction) -> datetime:
        """Return the time that leases are measured by."""
        if tx.dialect == "postgresql":
            moment: datetime = tx.session.execute(select(func.clock_timestamp())).scalar_one()
            return moment
        return self.clock()

    def add(
        self,
        tx: Transaction,
        kind: str,
        key: str,
        *,
        state: Mapping[str, Json] | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> bool:
        """Make a job that is due at once; False when there is one with this key, whatever its status."""
        now = self.now(tx)
        values = {
            "id": self.new_id(),
            "kind": kind,
            "key": key,
            "state": dict(state or {}),
            "status": JobStatus.READY.value,
            "run_at": now,
            "attempts": 0,
            "max_attempts": max_attempts,
            "lease_until": now,
            "fence": 0,
            "created_at": now,
            "changed_at": now,
        }
        dialect = postgresql if tx.dialect == "postgresql" else sqlite
        made = tx.session.execute(
            dialect.insert(JOB).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(JOB.c.id)
        )
        return made.one_or_none() is not None

    def ensure(self, kind: str, key: str) -> None:
        """Make a job unless there is one with this key; make one that has ended ready again."""
        with self.database.transaction() as tx:
            if not self.add(tx, kind, key):
                self.revive(tx, key)

    def revive(self, tx: Transaction, key: str) -> bool:
        """Make a job that has ended, however it did, due now; False when there is none."""
        return self._restart(tx, (JOB.c.key == key, ~_READY))

    def remove(self, tx: Transaction, key: str) -> None:
        """Remove a job and its history; who works on it finds its lease lost."""
        tx.session.execute(delete(JOB).where(JOB.c.key == key))

    def due_in(self, kinds: Collection[str]) -> timedelta | None:
        """Return how long until a job of these kinds is due, zero or less if one is now, None if there is none."""
        with self.database.snapshot() as tx:
            now = self.now(tx)
            first = tx.session.execute(
                select(func.min(JOB.c.run_at)).where(_READY, JOB.c.kind.in_(kinds), JOB.c.lease_until <= now)
            ).scalar_one()
        return None if first is None else first - now

    def hasten(self, keys: Collection[str]) -> None:
        """Make waiting jobs due now; those that are worked on, or pause after a failure, keep their time."""
        with self.database.transaction() as tx:
            now = self.now(tx)
            waiting = (_READY, JOB.c.lease_until <= now, JOB.c.run_at > now, JOB.c.attempts == 0)
            tx.session.execute(update(JOB).where(JOB.c.key.in_(keys), *waiting).values(run_at=now))

    def claim(self, kinds: Collection[str], *, owner: str, ttl: timedelta, limit: int) -> Sequence[Job]:
        """Take up to `limit` due jobs for `ttl`, those first that wait longest.

        A job that was claimed too often without ever being saved is dead: it may be what kills the processes. Only
        recurring ones are tried for ever.
        """
        with self.database.transaction() as tx:
            now = self.now(tx)
            due = (
                select(JOB.c.id, JOB.c.attempts, (~_RECURRING & (JOB.c.attempts >= JOB.c.max_attempts)).label("spent"))
                .where(_READY, JOB.c.kind.in_(kinds), JOB.c.run_at <= now, JOB.c.lease_until <= now)
                .order_by(JOB.c.run_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            found = tx.session.execute(due).all()
            for row in found:
                if row.spent:
                    self._bury(tx, row.id, now, f"no process that worked on it lived to tell, {row.attempts} times")
            taken = [row.id for row in found if not row.spent]
            claimed = tx.session.execute(
                update(JOB)
                .where(JOB.c.id.in_(taken))
                .values(
                    owner=owner,
                    lease_until=now + ttl,
                    fence=JOB.c.fence + 1,
                    attempts=JOB.c.attempts + 1,
                    changed_at=now,
                )
                .returning(*JOB.c)
            )
            return sorted((_job(row) for row in claimed), key=lambda job: job.run_at)

    def renew(self, job: Job, ttl: timedelta) -> bool:
        """Hold a job for `ttl` from now; False when somebody else holds it."""
        with self.database.transaction() as tx:
            return self._set(tx, job, lease_until=self.now(tx) + ttl)

    def save(self, job: Job, outcome: Outcome) -> bool:
        """Store what a handler answered; False when somebody else holds the job: the answer is dropped."""
        with self.database.transaction() as tx:
            now = self.now(tx)
            values: dict[str, Any] = {"status": JobStatus.DONE.value}
            if isinstance(outcome, Again):
                values = {"run_at": now + outcome.delay}
                if outcome.state is not None:
                    values["state"] = dict(outcome.state)
            return self._set(
                tx, job, owner=None, lease_until=now, attempts=0, last_error=None, changed_at=now, **values
            )

    def fail(self, job: Job, error: str) -> bool:
        """Try a job again after a pause that grows, with jitter; in the end it is dead, unless recurring."""
        error = error[:_ERROR_LENGTH].replace("\0", "")
        with self.database.transaction() as tx:
            now = self.now(tx)
            pause = _pause(job.attempts, _LONGEST_RECURRING_PAUSE if job.recurring else _LONGEST_PAUSE)
            values = {"owner": None, "lease_until": now, "run_at": now + pause, "last_error": error, "changed_at": now}
            if not self._set(tx, job, **values):
                return False
            if job.attempts >= job.max_attempts and not job.recurring:
                self._bury(tx, job.id, now, error)
            else:
                self._note(tx, job.id, now, JobEventKind.FAILED, error)
            return True

    def retry(self, tx: Transaction, identity: str) -> bool:
        """Make a dead job due now, as if it had never been tried; False when it is not dead."""
        return self._restart(tx, (JOB.c.id == identity, JOB.c.status == JobStatus.DEAD.value))

    def cancel(self, tx: Transaction, identity: str) -> bool:
        """Take a job out of the queue, also from who works on it; False when it is not in there, or recurring."""
        now = self.now(tx)
        gone = tx.session.execute(
            update(JOB)
            .where(JOB.c.id == identity, ~_RECURRING, JOB.c.status.in_((JobStatus.READY.value, JobStatus.DEAD.value)))
            .values(
                status=JobStatus.CANCELLED.value, fence=JOB.c.fence + 1, owner=None, lease_until=now, changed_at=now
            )
            .returning(JOB.c.id)
        )
        if gone.one_or_none() is None:
            return False
        self._note(tx, identity, now, JobEventKind.CANCELLED, "")
        return True

    def find(self, tx: Transaction, identity: str) -> Job | None:
        """Return a job, or None."""
        row = tx.session.execute(select(*JOB.c).where(JOB.c.id == identity)).one_or_none()
        return None if row is None else _job(row)

    def history(self, tx: Transaction, identity: str, *, limit: int) -> Sequence[JobEvent]:
        """Return the last lines of a job's history, newest first."""
        rows = tx.session.execute(
            select(*JOB_EVENT.c).where(JOB_EVENT.c.job_id == identity).order_by(JOB_EVENT.c.id.desc()).limit(limit)
        )
        return [JobEvent(row.at, JobEventKind(row.kind), row.detail) for row in rows]

    def list(
        self, tx: Transaction, status: JobStatus, page: PageRequest, *, kinds: Collection[str] | None = None
    ) -> Page[Job]:
        """Return one page of the jobs of a status, by default of all kinds, the newest first."""
        query = select(*JOB.c).where(JOB.c.status == status.value)
        if kinds is not None:
            query = query.where(JOB.c.kind.in_(kinds))
        return page_by_id(tx.session, BoundSelect(query, {}), request=page, scope=f"jobs {status.value}", build=_job)

    def counts(self) -> dict[JobStatus, int]:
        """Return how many jobs there are of each status."""
        with self.database.snapshot() as tx:
            rows = tx.session.execute(select(JOB.c.status, func.count()).group_by(JOB.c.status)).all()
        return dict.fromkeys(JobStatus, 0) | {JobStatus(status): number for status, number in rows}

    def forget(self, *, older_than: timedelta) -> int:
        """Drop ended jobs and lines of history of that age, a batch at a time; dead jobs stay. Return how many."""
        with self.database.transaction() as tx:
            before = self.now(tx) - older_than
            ended = (JobStatus.DONE.value, JobStatus.CANCELLED.value)
            gone = self._drop(tx, JOB.c.id, JOB.c.status.in_(ended) & (JOB.c.changed_at < before))
            return gone + self._drop(tx, JOB_EVENT.c.id, JOB_EVENT.c.at < before)

    def _drop(self, tx: Transaction, key: ColumnElement[str], which: ColumnElement[bool]) -> int:
        keys = tx.session.scalars(select(key).where(which).limit(FORGOTTEN_AT_ONCE)).all()
        table = JOB if key is JOB.c.id else JOB_EVENT
        tx.session.execute(delete(table).where(key.in_(keys)))
        return len(keys)

    def _set(self, tx: Transaction, job: Job, **values: object) -> bool:
        """Change a job that is still held under the fence it was claimed with."""
        held = (JOB.c.id == job.id, JOB.c.fence == job.fence, _READY)
        changed = tx.session.execute(update(JOB).where(*held).values(**values).returning(JOB.c.id))
        return changed.one_or_none() is not None

    def _restart(self, tx: Transaction, which: tuple[ColumnElement[bool], ...]) -> bool:
        """Make a job due now, as if it had never been tried."""
        now = self.now(tx)
        values = {"status": JobStatus.READY.value, "run_at": now, "attempts": 0, "changed_at": now}
        restarted = tx.session.execute(update(JOB).where(*which).values(**values).returning(JOB.c.id)).one_or_none()
        if restarted is None:
            return False
        self._note(tx, restarted.id, now, JobEventKind.RETRIED, "")
        return True

    def _bury(self, tx: Transaction, identity: str, now: datetime, error: str) -> None:
        values = {"status": JobStatus.DEAD.value, "owner": None, "last_error": error, "changed_at": now}
        tx.session.execute(update(JOB).where(JOB.c.id == identity).values(**values))
        self._note(tx, identity, now, JobEventKind.DIED, error)

    def _note(self, tx: Transaction, identity: str, now: datetime, kind: JobEventKind, detail: str) -> None:
        row = {"id": self.new_id(), "job_id": identity, "at": now, "kind": kind.value, "detail": detail}
        tx.session.execute(JOB_EVENT.insert().values(row))


def _pause(attempts: int, most: timedelta) -> timedelta:
    """Return the pause after a number of attempts: doubled each time, up to the most, half of it by chance."""
    longest: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), most)
    share: float = random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret
    return longest * share


def _job(row: AnyRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        state=row.state,
        status=JobStatus(row.status),
        run_at=row.run_at,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        last_error=row.last_error,
        owner=row.owner,
        lease_until=row.lease_until,
        fence=row.fence,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
