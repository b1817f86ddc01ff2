from collections.abc import Iterator

import pytest
from tests.registries import ManualClock

from modelkeep.domains.audit import AuditSink
from modelkeep.platform.database import Database, Engines, open_engines


@pytest.fixture
def engines(database_url: str) -> Iterator[Engines]:
    opened = open_engines(database_url, pool_size=4)
    yield opened
    opened.dispose()


@pytest.fixture
def database(engines: Engines, clock: ManualClock) -> Database:
    """A migrated, empty database whose changes are audited."""
    return Database(engines, sinks=[AuditSink(clock)])
