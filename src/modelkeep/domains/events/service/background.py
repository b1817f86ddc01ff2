"""What an operator may do with background work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.events.domain.errors import JobNotFoundError
from modelkeep.domains.events.service.subscriptions import DELIVER
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.jobs import Job, JobEvent, JobStatus, JobStore

_SHOWN_EVENTS: Final = 20


@dataclass(frozen=True, slots=True)
class JobHistory:
    """A job and the last lines of its history, newest first."""

    job: Job
    events: Sequence[JobEvent] = ()


@dataclass(frozen=True, slots=True)
class BackgroundService:
    """Background jobs that deliver: for who may read, or write, webhooks of the whole registry.

    Who may read the log too sees every kind. Nobody cancels what the registry does by itself.
    """

    database: Database
    access: AccessService
    jobs: JobStore
    clock: Clock

    def list(self, actor: Actor, status: JobStatus, page: PageRequest) -> Page[Job]:
        """Return one page of the jobs of a status, the newest first."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.WEBHOOK_READ, REGISTRY)
            kinds = None if self._sees_all(tx, actor) else (DELIVER,)
            return self.jobs.list(tx, status, page, kinds=kinds)

    def get(self, actor: Actor, identity: str) -> JobHistory:
        """Return a job and its history."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.WEBHOOK_READ, REGISTRY)
            job = self.jobs.find(tx, identity)
            if job is None or (job.kind != DELIVER and not self._sees_all(tx, actor)):
                raise _not_found(identity)
            return JobHistory(job, self.jobs.history(tx, identity, limit=_SHOWN_EVENTS))

    def retry(self, actor: Actor, identity: str) -> Recorded[JobHistory]:
        """Make a dead job ready again.

        Raises:
            JobNotFoundError: there is none with this id that is dead.
        """
        with self.database.transaction() as tx:
            job = self._changed(tx, actor, identity, self.jobs.retry)
            tx.record(_event("events.job_retried", job, actor, self.clock()))
        return Recorded(JobHistory(job), tx.receipt)

    def cancel(self, actor: Actor, identity: str) -> Recorded[JobHistory]:
        """Take a job that is ready or dead out of the queue, until its subscription is enabled anew.

        Raises:
            JobNotFoundError: there is none with this id.
        """
        with self.database.transaction() as tx:
            job = self._changed(tx, actor, identity, self.jobs.cancel)
            tx.record(_event("events.job_cancelled", job, actor, self.clock()))
        return Recorded(JobHistory(job), tx.receipt)

    def _changed(self, tx: Transaction, actor: Actor, identity: str, change: Callable[[Transaction, str], bool]) -> Job:
        self.access.require(tx, actor, Permission.WEBHOOK_WRITE, REGISTRY)
        job = self.jobs.find(tx, identity)
        if job is None or job.kind != DELIVER or not change(tx, identity):
            raise _not_found(identity)
        return self.jobs.find(tx, identity) or job

    def _sees_all(self, tx: Transaction, actor: Actor) -> bool:
        return self.access.allows(tx, actor, Permission.AUDIT_READ, REGISTRY)


def _event(name: str, job: Job, actor: Actor, now: datetime) -> Event:
    return Event(name, job.id, actor, now, {"kind": job.kind, "key": job.key})


def _not_found(identity: str) -> JobNotFoundError:
    return JobNotFoundError(
        f"there is no such job {identity[:80]}, or it is in another state; see 'modelkeep job list'"
    )
