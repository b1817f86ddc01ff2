"""Works on jobs in threads of this process; leases keep several processes apart."""

import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final, Protocol, Self

from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.ids import new_id
from modelkeep.platform.jobs.store import JobStore
from modelkeep.platform.jobs.values import Job, JobKind, JobStatus, Lease, LeaseLostError, Work

POLL_SECONDS: Final = 0.5
WORKERS: Final = 8
LEASE: Final = timedelta(seconds=60)
_COUNTED_EVERY: Final = 15.0
_PAUSE_AFTER_FAILURE: Final = 5.0
_log = logging.getLogger(__name__)


class Metrics(Protocol):
    """What is counted of background work."""

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one run of a handler."""

    def counted(self, status: str, number: int) -> None:
        """Say how many jobs there are of a status."""


class JobRunner:
    """A thread that claims due jobs and renews leases, and up to `workers` more, made as needed, that do the work.

    Idle, it asks the database one or two questions every `poll` seconds and writes nothing. `wake` is a hint that
    something may be due: the truth is in the rows.
    """

    def __init__(
        self,
        store: JobStore,
        kinds: Sequence[JobKind],
        *,
        metrics: Metrics,
        workers: int = WORKERS,
        poll: float = POLL_SECONDS,
        lease: timedelta = LEASE,
    ) -> None:
        """Prepare it; nothing runs before it is entered."""
        self._store, self._metrics = store, metrics
        self._kinds = {kind.name: kind for kind in kinds}
        self._workers, self._poll = workers, poll
        self._lease, self._lease_seconds = lease, lease.total_seconds()
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-6:]}"
        self._held: dict[str, Work] = {}
        self._lock = Lock()
        self._stop, self._wake = Event(), Event()
        self._ensured, self._counted = False, -_COUNTED_EVERY
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._thread = Thread(target=self._run, name="jobs", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Claim nothing more, and wait until handlers have finished the step they are at."""
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def wake(self) -> None:
        """Look for due jobs at once; may be called from any thread."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                pause = self._turn()
            except RegistryError as error:
                _log.warning("background work waits: %s", error.message)
                pause = _PAUSE_AFTER_FAILURE
            except Exception:  # noqa: BLE001 - this thread must outlive whatever goes wrong
                _log.exception("background work met a defect, and goes on")
                pause = _PAUSE_AFTER_FAILURE
            self._wake.wait(pause)
            self._wake.clear()

    def _turn(self) -> float:
        """Do what is due, and return how many seconds there is nothing to do."""
        self._ensure()
        self._renew()
        self._count()
        free = self._workers - len(self._held)
        if free == 0:
            return self._poll  # woken earlier by the first that has done
        wanted = [key for kind in self._kinds.values() if kind.wanted is not None for key in kind.wanted()]
        if wanted:
            self._store.hasten(wanted)
        room = self._room()
        due = self._store.due_in(room)
        if due is None or due > timedelta():
            return self._poll if due is None else min(self._poll, due.total_seconds())
        started = time.monotonic()
        claimed = self._claim(room, free)
        for job in claimed:
            self._start(job, started)
        return 0.0 if claimed else self._poll

    def _room(self) -> dict[str, int | None]:
        """Return the kinds that more may be done of now, and how many where that is bounded."""
        with self._lock:
            held = Counter(work.job.kind for work in self._held.values())
        room = {name: None if kind.at_once is None else kind.at_once - held[name] for name, kind in self._kinds.items()}
        return {name: most for name, most in room.items() if most is None or most > 0}

    def _claim(self, room: Mapping[str, int | None], free: int) -> list[Job]:
        """Claim of the bounded kinds first: they leave enough to the others, which could leave them nothing."""
        bounded = [([name], most) for name, most in room.items() if most is not None]
        others = [name for name, most in room.items() if most is None]
        claimed: list[Job] = []
        for names, most in (*bounded, (others, free)):
            limit = min(most, free - len(claimed))
            if limit > 0:
                claimed += self._store.claim(names, owner=self._owner, ttl=self._lease, limit=limit)
        return claimed

    def _ensure(self) -> None:
        """Make the jobs of recurring kinds, once."""
        if not self._ensured:
            for kind in self._kinds.values():
                if kind.recurring:
                    self._store.ensure(kind.name, kind.name)
            self._ensured = True

    def _count(self) -> None:
        if time.monotonic() - self._counted >= _COUNTED_EVERY:
            self._counted = time.monotonic()
            counts = self._store.counts()
            for status in (JobStatus.READY, JobStatus.DEAD):
                self._metrics.counted(status.value, counts[status])

    def _renew(self) -> None:
        """Renew leases after a third of their time; who has lost one finds it run out."""
        started = time.monotonic()
        with self._lock:
            held = [work for work in self._held.values() if work.lease.until - started < self._lease_seconds * 2 / 3]
        for work in held:
            renewed = self._store.renew(work.job, self._lease)
            work.lease.until = started + self._lease_seconds if renewed else started

    def _start(self, job: Job, claimed: float) -> None:
        work = Work(job, Lease(claimed + self._lease_seconds), self._stop)
        with self._lock:
            self._held[job.id] = work
        self._pool.submit(self._work, work)

    def _work(self, work: Work) -> None:
        started, job = time.perf_counter(), work.job
        outcome = "failed"
        try:
            outcome = self._handle(work)
        except Exception:  # noqa: BLE001 - the pool would swallow it; the lease runs out, and the job runs again
            _log.exception("the outcome of job %s could not be saved; it will be run again", job.key)
        finally:
            with self._lock:
                self._held.pop(job.id, None)
            self._metrics.ran(job.kind, outcome, time.perf_counter() - started)
            self._wake.set()

    def _handle(self, work: Work) -> str:
        """Run the handler and save what it says; return how it went."""
        job = work.job
        try:
            result = self._kinds[job.kind].handle(work)
        except LeaseLostError:
            return "lost"
        except RegistryError as error:
            _log.warning("job %s failed (attempt %d of %d): %s", job.key, job.attempts, job.max_attempts, error.message)
            self._store.fail(job, f"{error.code}: {error.message}")
            return "failed"
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failure of its job
            _log.exception("job %s failed (attempt %d of %d)", job.key, job.attempts, job.max_attempts)
            self._store.fail(job, f"{type(error).__name__}: {error}")
            return "failed"
        if self._store.save(job, result):
            return "saved"
        _log.warning("job %s was taken over by another process; what this one did is dropped", job.key)
        return "lost"
