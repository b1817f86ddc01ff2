"""Moving windows: at most so many hits in any period of that length."""

import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from cachetools import LRUCache
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql

from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.database import Database
from modelkeep.platform.throttling.tables import WINDOW

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_REMEMBERED: Final = 50_000
_log = logging.getLogger(__name__)


class TooManyRequestsError(RegistryError):
    """Something was asked too often; `retry_after` says in how many seconds it may be asked again."""

    kind = Kind.LIMIT_EXCEEDED
    code = "throttling.too_many_requests"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` hits of one key in any `period`.

    A shared one is counted by all processes of a PostgreSQL database together. Where that cannot count, a closed one
    refuses, and another lets pass what this process alone would.
    """

    name: str
    limit: int
    period: timedelta
    shared: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts, and refuses what is too often."""

    database: Database
    clock: Clock
    across_processes: bool = False
    _windows: "LRUCache[str, list[int]]" = field(default_factory=lambda: LRUCache(_REMEMBERED), repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def hit(self, rate: Rate, key: str) -> None:
        """Count one hit of a key; what is refused does not count.

        Raises:
            TooManyRequestsError: it was hit too often.
            DatabaseUnavailableError, DatabaseBusyError: nobody can tell, and the rate is a closed one.
        """
        now = (self.clock() - _EPOCH) // _MILLISECOND
        name = f"{rate.name} {key}"
        with self._lock:
            self._windows[name] = _counted(rate, self._windows.get(name, ()), now)
        if not (rate.shared and self.across_processes):
            return
        try:
            self._hit_stored(rate, hashlib.sha256(name.encode()).hexdigest(), now)
        except TooManyRequestsError:
            raise
        except RegistryError as error:
            if rate.closed:
                raise
            _log.warning("%s cannot be counted across processes: %s", rate.name, error.message)

    def forget_old(self) -> int:
        """Drop stored windows that are over; return how many are gone."""
        with self.database.transaction() as tx:
            gone = tx.session.execute(delete(WINDOW).where(WINDOW.c.ends_at < self.clock()).returning(WINDOW.c.key))
            return len(gone.all())

    def _hit_stored(self, rate: Rate, key: str, now: int) -> None:
        """Count in the database; the key is a digest, so that no address of a person is stored."""
        ends_at = self.clock() + rate.period
        with self.database.transaction() as tx:
            new = postgresql.insert(WINDOW).values(key=key, hits=[], ends_at=ends_at)
            tx.session.execute(new.on_conflict_do_nothing())
            hits = tx.session.execute(select(WINDOW.c.hits).where(WINDOW.c.key == key).with_for_update()).scalar_one()
            counted = _counted(rate, hits, now)
            tx.session.execute(update(WINDOW).where(WINDOW.c.key == key).values(hits=counted, ends_at=ends_at))


def _counted(rate: Rate, hits: Sequence[int], now: int) -> list[int]:
    """Return the hits that are in the window, with the one that comes now."""
    period = rate.period // _MILLISECOND
    recent = [hit for hit in hits if hit > now - period]
    if len(recent) >= rate.limit:
        seconds = math.ceil((recent[-rate.limit] + period - now) / 1000)
        raise TooManyRequestsError(
            f"too many requests of this kind ({rate.name}): at most {rate.limit} in {_spoken(rate.period)}; try again "
            f"in {seconds} s",
            retry_after=seconds,
        )
    return [*recent, now]


def _spoken(period: timedelta) -> str:
    minutes, seconds = divmod(int(period.total_seconds()), 60)
    return f"{seconds} s" if seconds else f"{minutes} min"
