"""Notes when credentials are used, and writes it down from time to time: no request waits for that."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cachetools import LRUCache

from modelkeep.domains.access.repository import LastUseRepository
from modelkeep.kernel.errors import RegistryError
from modelkeep.platform.database import Database
from modelkeep.platform.repeating import repeating

WRITTEN_EVERY: Final = 60.0
"""Seconds between two writes of a process."""
TOKEN_PRECISION: Final = timedelta(minutes=5)
"""How exactly the last use of a token is known."""

_REMEMBERED: Final = 50_000
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class UsageRecorder:
    """Keeps last uses in memory, and writes them in one transaction a minute while it is `writing`."""

    database: Database
    _noted: "LRUCache[str, datetime]" = field(default_factory=lambda: LRUCache(_REMEMBERED), repr=False)
    _unwritten: dict[str, datetime] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def note(self, ids: Iterable[str], at: datetime, precision: timedelta = TOKEN_PRECISION) -> None:
        """Note that these were used now; a use within `precision` of the one noted before is passed over."""
        with self._lock:
            for identity in ids:
                before = self._noted.get(identity)
                if before is None or at - before >= precision:
                    self._noted[identity] = self._unwritten[identity] = at

    def noted(self, identity: str) -> datetime | None:
        """Return the last use that this process has noted, whether it is written yet or not."""
        with self._lock:
            return self._noted.get(identity)

    def write(self) -> None:
        """Write what is not written yet; what cannot be written is kept for the next time."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        if not unwritten:
            return
        try:
            with self.database.transaction() as tx:
                LastUseRepository(tx).save(unwritten)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread lives on and tries again
            unexpected = not isinstance(error, RegistryError)
            _log.warning("when credentials were last used could not be written: %s", error, exc_info=unexpected)
            with self._lock:
                self._unwritten = unwritten | self._unwritten

    def writing(self) -> AbstractContextManager[None]:
        """Write once a minute while this is entered, and what is left when it is not."""
        return repeating(self.write, seconds=WRITTEN_EVERY, name="usage")
