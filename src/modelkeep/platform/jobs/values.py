"""What background work is made of: jobs, their kinds, and what a handler is given and answers."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event
from typing import Final, TypeAlias

from modelkeep.kernel.events import Json

MAX_ATTEMPTS: Final = 20
"""How often a job is tried before it is dead: about ten hours, with the pauses between."""


class JobStatus(StrEnum):
    """Where a job stands; a ready one waits for its time, or is being worked on."""

    READY = "ready"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class JobEventKind(StrEnum):
    """What the history of a job tells."""

    FAILED = "failed"
    DIED = "died"
    RETRIED = "retried"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work as it was read; `fence` grows with every claim."""

    id: str
    kind: str
    key: str
    state: Mapping[str, Json]
    status: JobStatus
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    owner: str | None
    lease_until: datetime
    fence: int
    created_at: datetime
    changed_at: datetime

    @property
    def recurring(self) -> bool:
        """Whether it is the one job of a recurring kind, which never ends."""
        return self.key == self.kind


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's history."""

    at: datetime
    kind: JobEventKind
    detail: str


class LeaseLostError(RuntimeError):
    """Another process holds the job now, or it was cancelled: what this one does no longer counts."""


@dataclass(slots=True)
class Lease:
    """Until when a job is held: a time of `time.monotonic()`, which each renewal moves on."""

    until: float


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed job in the hands of its handler, which may run again after any of its lines."""

    job: Job
    lease: Lease
    stop: Event = field(default_factory=Event)

    @property
    def stopping(self) -> bool:
        """Whether the server stops: finish the step at hand, and answer `Again` for the rest."""
        return self.stop.is_set()

    def check(self) -> None:
        """Go on only while the lease is held: call it before each effect outside of the database.

        Raises:
            LeaseLostError: it is not; the handler should let the error pass.
        """
        if time.monotonic() >= self.lease.until:
            raise LeaseLostError(self.job.key)


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished for good."""


@dataclass(frozen=True, slots=True)
class Again:
    """The job is to run again after `delay`; `state` replaces what it had to go on, None leaves it."""

    delay: timedelta
    state: Mapping[str, Json] | None = None


Outcome: TypeAlias = Done | Again
Handler: TypeAlias = Callable[[Work], Outcome]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How the jobs of one kind are done.

    Handlers are level-triggered: they read the world, compare it with what is wanted, act idempotently, and answer.
    A `recurring` kind has one job, whose key is the kind's name; whatever goes wrong, it runs again. `wanted` names the
    keys of jobs that have something to do now, though their time has not come; it is asked often, so it must be one
    cheap query. Of a kind that takes long, `at_once` is how many one process does at a time, so that others go on.
    """

    name: str
    handle: Handler
    recurring: bool = False
    wanted: Callable[[], Iterable[str]] | None = None
    at_once: int | None = None


def every(interval: timedelta, name: str, act: Callable[[], int | None], *, batch: int | None = None) -> JobKind:
    """Return a recurring kind that does one thing from time to time, in one process at a time.

    Where `act` says that it did a whole `batch`, it runs again at once: there may be more.
    """

    def handle(_work: Work) -> Outcome:
        done = act() or 0
        return Again(timedelta() if batch is not None and done >= batch else interval)

    return JobKind(name, handle, recurring=True)
