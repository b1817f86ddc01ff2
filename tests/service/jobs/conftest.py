from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.service.jobs.counting import Counted

from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.ids import new_id
from modelkeep.platform.database import Database, open_engines
from modelkeep.platform.jobs import JobStore

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(database_url: str) -> Iterator[JobStore]:
    """The jobs of a migrated, empty database."""
    database = Database(open_engines(database_url, pool_size=4))
    yield JobStore(database, system_clock, new_id)
    database.close()


@pytest.fixture
def counted() -> Counted:
    return Counted()
