"""The access log: who read what content. A log of its own, so that no download waits for the lock of the audit log.

Reads are noted in memory and written by a thread, a batch a second: numbered without a gap in one short transaction,
with leaves as the audit log has them. A server that is killed loses what it noted in its last second.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.audit.domain.leaf import leaf_of
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.domain.vocabulary import event_type
from modelkeep.domains.audit.repository import AccessLogRepository, EntryRepository, access_entries
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, system_actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database
from modelkeep.platform.repeating import repeating

WRITTEN_EVERY: Final = 1.0
MOST_NOTED: Final = 50_000
_BATCH: Final = 1000
_PRUNED_AT_ONCE: Final = 5000
_LOG = system_actor()
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class AccessRecorder:
    """Notes reads, and writes them once a second while it is `writing`."""

    database: Database
    clock: Clock
    most: int = MOST_NOTED
    _noted: "deque[Event]" = field(default_factory=deque, repr=False)
    _lost: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def note(self, event: Event) -> None:
        """Note a read: it costs no query. What a server cannot hold any more is lost, and the log says how many."""
        event_type(event.name).check(event)
        with self._lock:
            if len(self._noted) < self.most:
                self._noted.append(event)
            else:
                self._lost += 1

    def write(self) -> None:
        """Write what is noted; what cannot be written is kept for the next time."""
        while batch := self._take():
            try:
                self._append(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the thread lives on and tries again
                unexpected = not isinstance(error, RegistryError)
                _log.warning("reads of content could not be recorded: %s", error, exc_info=unexpected)
                with self._lock:
                    self._noted.extendleft(reversed(batch))
                return

    def _take(self) -> list[Event]:
        with self._lock:
            batch = [self._noted.popleft() for _ in range(min(_BATCH, len(self._noted)))]
            lost, self._lost = self._lost, 0
        if lost:
            _log.error("%d reads of content could not be recorded", lost)
            batch.append(Event("content.records_lost", str(REGISTRY), _LOG, self.clock(), {"count": lost}))
        return batch

    def _append(self, events: list[Event]) -> None:
        with self.database.transaction() as tx:
            log = AccessLogRepository(tx.session)
            first, at = log.advance(len(events), self.clock())
            log.append([(event, leaf_of(event, seq=first + n, at=at, texts={})) for n, event in enumerate(events)])

    def writing(self) -> AbstractContextManager[None]:
        """Write once a second while this is entered, and what is left when it is not."""
        return repeating(self.write, seconds=WRITTEN_EVERY, name="access-log")


@dataclass(frozen=True, slots=True)
class AccessLogService:
    """The access log as its readers see it."""

    database: Database
    access: AccessService
    clock: Clock
    retention: timedelta
    reads: AccessRecorder

    def list(self, actor: Actor, query: EntryQuery, page: PageRequest, *, oldest_first: bool = False) -> Page[Entry]:
        """Return one page of the entries that the actor may see; reads appear within about a second.

        Raises:
            UnknownEventTypeError: the query is for a type that is none.
        """
        with self.database.snapshot() as tx:
            everything = self.access.allows(tx, actor, Permission.AUDIT_READ, REGISTRY)
            values = None if everything else self.access.values(actor, Permission.AUDIT_READ)
            return EntryRepository(tx.session, values, access_entries).list(query, page, oldest_first=oldest_first)

    def prune(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Let the bodies go of entries that are older than the retention and not on hold; hashes stay.

        No batch begins when the server stops.
        """
        total = 0
        while not stopping():
            with self.database.transaction() as tx:
                count = AccessLogRepository(tx.session).prune(self.clock() - self.retention, _PRUNED_AT_ONCE)
            total += count
            if count < _PRUNED_AT_ONCE:
                break
        return total
