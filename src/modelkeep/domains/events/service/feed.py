"""The live feed: what somebody selects and may see of the log, from a place on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.audit import AuditReader, cloud_event
from modelkeep.domains.events.domain.selection import Selection
from modelkeep.domains.events.service.sight import EventSight, happening_of
from modelkeep.kernel.events import Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database

_READ_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class FedEvent:
    """One event of the feed."""

    seq: int
    type: str
    event: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some events, in order, and the place up to which everything has been looked at."""

    events: Sequence[FedEvent]
    cursor: int


@dataclass(frozen=True, slots=True)
class EventFeed:
    """Reads the log for somebody."""

    database: Database
    reader: AuditReader
    sight: EventSight
    source: str

    def last(self) -> int:
        """Return the number of the last entry of the log, -1 for none."""
        return self.reader.size() - 1

    def read(self, actor: Actor, selection: Selection, after: int) -> Portion:
        """Return what the actor selects and may see now of the next entries after a place, up to 200 of them."""
        last = self.last()
        entries = self.reader.read(after, _READ_AT_ONCE)
        with self.database.snapshot() as tx:
            sees = self.sight.watcher(tx, actor)
            seen = [
                FedEvent(entry.seq, entry.type, cloud_event(entry, source=self.source))
                for entry in entries
                if selection.wants(happening_of(entry)) and sees(entry)
            ]
        return Portion(seen, entries[-1].seq if len(entries) == _READ_AT_ONCE else max(last, after))
