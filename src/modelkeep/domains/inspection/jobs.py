"""Inspects new content: a job that follows the log, and one for each content that it finds there."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelkeep.domains.audit import BEFORE_ALL, AuditReader, Entry
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.domains.inspection.service import InspectionService
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Json
from modelkeep.kernel.identity import RequestInfo, system_actor
from modelkeep.platform.database import Database
from modelkeep.platform.jobs import Again, Done, JobKind, JobStore, Outcome, Work
from modelkeep.platform.sandbox import StoppedError

FOLLOW: Final = "inspection.follow"
INSPECT: Final = "inspection.inspect"
RENEW: Final = "inspection.renew"
REGISTERED: Final = "catalog.version_registered"
INSPECTED: Final = "inspection.version_inspected"
_LOG: Final = logging.getLogger(__name__)
_BATCH: Final = 100
_INSPECTED_AT_ONCE: Final = 2
_TRIES: Final = 5
"""How often a renewal that fails as none should is tried before the others go on without it."""
_EVERY: Final = timedelta(hours=1)
_IDLE: Final = Again(timedelta(days=1))
_AT_ONCE: Final = Again(timedelta())
_SYSTEM: Final = system_actor(RequestInfo(id="inspection"))


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
            JobKind(INSPECT, self.inspect, at_once=_INSPECTED_AT_ONCE),
            JobKind(RENEW, self.renew, recurring=True),
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
        """Inspect content, unless it has been; where the server stops, it is begun anew when one runs again."""
        state = work.job.state
        content = Digest.parse(str(state["manifest_digest"]))
        try:
            self.service.inspect(_SYSTEM, str(state["reference"]), content, lambda: work.stopping)
        except StoppedError:
            return _AT_ONCE
        return Done()

    def renew(self, work: Work) -> Outcome:
        """Inspect again what was inspected by other versions of tools, or by other rules; from the oldest on.

        The job's state is how far this has come with the tools of today. Content that is gone, or damaged, keeps its
        last inspection; so does what fails as none should, after some tries.
        """
        tools: list[Json] = [tool.to_json() for tool in self.service.scanner.tools]
        state = work.job.state
        seen = state.get("cursor") if state.get("tools") == tools else None
        cursor = seen if isinstance(seen, int) else BEFORE_ALL
        for entry, content in self._inspected(cursor):
            if work.stopping:
                break
            try:
                given_up = content is not None and not self._renew(entry, content, work)
            except StoppedError:
                break
            cursor = entry.seq
            if given_up:
                break  # what is saved now gives the next one as many tries
        else:
            return Again(_EVERY, {"tools": tools, "cursor": cursor})
        return Again(timedelta(), {"tools": tools, "cursor": cursor})

    def _inspected(self, cursor: int) -> Iterator[tuple[Entry, Digest | None]]:
        """Yield the entries of first inspections, each with its content if that is to be inspected again."""
        while entries := self.reader.read_of(INSPECTED, cursor, _BATCH):
            contents = [Digest.parse(str(entry.data["manifest_digest"])) for entry in entries]
            outdated = self.service.outdated(contents)
            for entry, content in zip(entries, contents, strict=True):
                yield entry, content if content in outdated else None
            cursor = entries[-1].seq

    def _renew(self, entry: Entry, content: Digest, work: Work) -> bool:
        """Return False when it was tried too often."""
        try:
            self.service.renew(_SYSTEM, entry.subject, content, lambda: work.stopping)
        except RegistryError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            _LOG.warning("content of %s cannot be inspected again: %s", entry.subject, error.message)
        except Exception:
            if work.job.attempts < _TRIES:
                raise
            _LOG.exception("content of %s is not inspected again", entry.subject)
            return False
        return True
