"""Inspects new content: a job that follows the log, and one for each content that it finds there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelkeep.domains.audit import AuditReader
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.domains.inspection.service import InspectionService
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo
from modelkeep.platform.database import Database
from modelkeep.platform.jobs import Again, Done, JobKind, JobStore, Outcome, Work

FOLLOW: Final = "inspection.follow"
INSPECT: Final = "inspection.inspect"
REGISTERED: Final = "catalog.version_registered"
_BATCH: Final = 100
_IDLE: Final = Again(timedelta(days=1))
_AT_ONCE: Final = Again(timedelta())
_SYSTEM: Final = Actor(
    PrincipalId("system"), "system", PrincipalKind.SYSTEM, frozenset(), request=RequestInfo(id="inspection")
)


@dataclass(frozen=True, slots=True)
class Inspections:
    """Finds registered versions in the log, and inspects each content once. A failure blocks nothing else."""

    database: Database
    reader: AuditReader
    jobs: JobStore
    service: InspectionService

    def kinds(self) -> Sequence[JobKind]:
        """Return the background work of this domain."""
        return (
            JobKind(FOLLOW, self.follow, recurring=True, wanted=self.behind),
            JobKind(INSPECT, self.inspect),
        )

    def behind(self) -> Sequence[str]:
        """Return the job that follows the log, if there are versions in it that it has not seen."""
        with self.database.snapshot() as tx:
            cursor = InspectionRepository(tx).cursor()
        return (FOLLOW,) if self.reader.read_of(REGISTERED, cursor, 1) else ()

    def follow(self, work: Work) -> Outcome:
        """Make a job for the content of each version that was registered since."""
        while not work.stopping:
            with self.database.snapshot() as tx:
                cursor = InspectionRepository(tx).cursor()
            entries = self.reader.read_of(REGISTERED, cursor, _BATCH)
            if not entries:
                return _IDLE
            with self.database.transaction() as tx:
                if not InspectionRepository(tx).advance(cursor, entries[-1].seq):
                    return _AT_ONCE
                for entry in entries:
                    digest = str(entry.data["manifest_digest"])
                    state = {"reference": entry.subject, "manifest_digest": digest}
                    self.jobs.add(tx, INSPECT, f"{INSPECT}:{digest}", state=state)
        return _AT_ONCE

    def inspect(self, work: Work) -> Outcome:
        """Inspect content, unless it has been."""
        state = work.job.state
        self.service.inspect(_SYSTEM, str(state["reference"]), Digest.parse(str(state["manifest_digest"])))
        return Done()
