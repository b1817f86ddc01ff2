"""Moving windows: exact in one process, shared by several on PostgreSQL, and what happens where nobody can count."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.registries import ManualClock

from modelkeep.platform.database import Database, DatabaseUnavailableError, open_engines
from modelkeep.platform.throttling import Rate, Throttle, TooManyRequestsError
from modelkeep.platform.throttling.tables import WINDOW

RATE = Rate("logins", 3, timedelta(minutes=5), shared=True, closed=True)
LATER = timedelta(minutes=1)
NOBODY = "postgresql://mk@/mk?host=/nonexistent"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(open_engines(database_url))) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(step=timedelta())


def throttle(database: Database, clock: ManualClock) -> Throttle:
    with database.snapshot() as tx:
        return Throttle(database, clock, across_processes=tx.dialect == "postgresql")


def refused(throttle: Throttle, rate: Rate, key: str = "ann") -> int | None:
    """Hit; return after how many seconds it may be tried again, None if it may now."""
    try:
        throttle.hit(rate, key)
    except TooManyRequestsError as error:
        return int(str(error.details["retry_after"]))
    return None


def test_a_window_moves_and_says_exactly_when_to_come_again(database: Database, clock: ManualClock) -> None:
    counting = throttle(database, clock)
    for _ in range(3):
        assert refused(counting, RATE) is None
        clock.advance(LATER)
    assert refused(counting, RATE) == 120
    clock.advance(timedelta(seconds=119))
    assert refused(counting, RATE) == 1
    clock.advance(timedelta(seconds=1))
    assert [refused(counting, RATE), refused(counting, RATE)] == [None, 60]


def test_keys_and_rates_are_counted_apart(database: Database, clock: ManualClock) -> None:
    counting, other = throttle(database, clock), Rate("mints", 1, timedelta(hours=1))
    assert [refused(counting, other, key) for key in ("ann", "bob", "ann")] == [None, None, 3600]
    assert refused(counting, RATE) is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_processes_of_one_database_count_together(database: Database, clock: ManualClock) -> None:
    processes = [throttle(database, clock) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda counting: refused(counting, RATE), processes))
    assert answers.count(None) == 3
    with database.snapshot() as tx:
        (key,) = tx.session.scalars(select(WINDOW.c.key)).all()
    assert "ann" not in key


def test_windows_that_are_over_are_forgotten(database: Database, clock: ManualClock) -> None:
    counting = throttle(database, clock)
    counting.hit(RATE, "ann")
    assert counting.forget_old() == 0
    clock.advance(timedelta(minutes=6))
    assert counting.forget_old() == (1 if counting.across_processes else 0)
    with database.snapshot() as tx:
        assert tx.session.scalars(select(func.count()).select_from(WINDOW)).one() == 0


def test_where_nobody_can_count_a_closed_rate_refuses_and_an_open_one_counts_alone(clock: ManualClock) -> None:
    with closing(Database(open_engines(NOBODY))) as gone:
        counting = Throttle(gone, clock, across_processes=True)
        with pytest.raises(DatabaseUnavailableError):
            counting.hit(RATE, "ann")
        exports = Rate("exports", 2, timedelta(hours=1), shared=True)
        assert [refused(counting, exports) for _ in range(3)] == [None, None, 3600]
