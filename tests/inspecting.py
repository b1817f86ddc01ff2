"""The background work of inspection, done at once, and files for it."""

from dataclasses import dataclass
from datetime import timedelta

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.inspection import Inspections
from modelkeep.domains.inspection.jobs import FOLLOW, INSPECT
from modelkeep.platform.jobs import JobStore, Work
from modelkeep.platform.jobs.values import Lease


@dataclass(frozen=True)
class Held:
    """A file in memory."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def inspections_of(services: Services) -> Inspections:
    database = services.access.database
    return Inspections(database, AuditReader(database), services.events.jobs.jobs, services.inspections)


def inspect_all(services: Services) -> int:
    """Follow the log and inspect what is new; return how many contents a job was run for."""
    inspections = inspections_of(services)
    store: JobStore = inspections.jobs
    store.ensure(FOLLOW, FOLLOW)
    handlers = {kind.name: kind for kind in inspections.kinds()}
    ran = 0
    while True:
        store.hasten(inspections.behind())
        due = store.claim([FOLLOW, INSPECT], owner="test", ttl=timedelta(minutes=1), limit=10)
        if not due:
            return ran
        for job in due:
            outcome = handlers[job.kind].handle(Work(job, Lease(float("inf"))))
            assert store.save(job, outcome)
            ran += job.kind == INSPECT
