"""What a database does to a use case reaches the caller as one of our errors, and leaves nothing half done."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Signal

import pytest
from sqlalchemy import func, insert, select, text
from tests.databases import migrate
from tests.registries import ManualClock
from tests.servers import postgres
from tests.servers.postgres import PostgresServer
from tests.servers.processes import Running, running

from modelkeep.domains.audit import AuditSink
from modelkeep.domains.catalog.tables import NAMESPACE
from modelkeep.kernel.errors import InvalidValueError, Kind
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.platform.database import (
    ConcurrentWriteError,
    Database,
    DatabaseBusyError,
    DatabaseUnavailableError,
    Engines,
    QueryTooSlowError,
    open_engines,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ADA = Actor(PrincipalId("ada"), "Ada", PrincipalKind.USER, frozenset())
LONG = 20.0

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def add(database: Database, name: str, description: str = "") -> None:
    row = {"name": name, "description": description, "created_at": AT, "created_by": "ada", "revision": 1}
    with database.transaction() as tx:
        tx.session.execute(insert(NAMESPACE), row)
        tx.record(Event("catalog.namespace_deleted", name, ADA, AT))


def names(database: Database) -> list[str]:
    with database.snapshot() as tx:
        return list(tx.session.scalars(select(NAMESPACE.c.name).order_by(NAMESPACE.c.name)))


def test_two_writers_of_one_key_are_a_conflict(database: Database) -> None:
    add(database, "fraud")
    with pytest.raises(ConcurrentWriteError) as refusal:
        add(database, "fraud")
    assert refusal.value.kind is Kind.CONFLICT


@only_postgresql
def test_a_text_that_the_database_cannot_hold_is_invalid(database: Database) -> None:
    with pytest.raises(InvalidValueError, match="must not hold NUL"):
        add(database, "fraud", "\0")
    assert names(database) == []


@pytest.mark.parametrize(
    "url", ["mysql://localhost/mk", "oracle+oracledb://localhost/mk", "nonsense", "", "postgresql", "sqlite"]
)
def test_an_address_of_no_supported_database_is_refused_with_those_that_are(url: str) -> None:
    with pytest.raises(InvalidValueError, match="sqlite:///PATH or postgresql://"):
        open_engines(url)


def test_a_password_in_a_malformed_address_is_not_repeated() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        open_engines("postgresql://mk:swordfish@host:port:5432/mk")
    assert "swordfish" not in refusal.value.message


@pytest.mark.parametrize("scheme", ["sqlite:///{}/absent/registry.db", "postgresql://mk:swordfish@/mk?host={}/absent"])
def test_a_database_that_is_not_there_is_unavailable_and_its_password_is_not_shown(scheme: str, tmp_path: Path) -> None:
    database = Database(open_engines(scheme.format(tmp_path)))
    with pytest.raises(DatabaseUnavailableError, match="cannot be used right now; nothing was changed") as failure:
        database.check()
    assert failure.value.kind is Kind.UNAVAILABLE
    assert "swordfish" not in str(failure.value)
    database.close()


@only_sqlite
def test_a_writer_that_waits_too_long_for_its_turn_is_told_to_come_back(engines: Engines, database: Database) -> None:
    engines.writer.pool._timeout = 0.05  # type: ignore[attr-defined]  # half a minute in earnest
    began, may_end = Signal(), Signal()

    def hold() -> None:
        with database.transaction() as tx:
            tx.session.execute(select(NAMESPACE))
            began.set()
            may_end.wait(LONG)

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        assert began.wait(LONG)
        with pytest.raises(DatabaseBusyError, match="try again in a moment"):
            add(database, "fraud")
        may_end.set()
        holding.result(LONG)
    add(database, "fraud")


@only_sqlite
def test_a_writer_waits_for_another_process_and_then_gives_up(
    engines: Engines, database: Database, database_url: str
) -> None:
    with engines.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    elsewhere = open_engines(database_url)
    with elsewhere.writer.begin(), pytest.raises(DatabaseBusyError) as failure:
        add(database, "fraud")
    assert failure.value.kind is Kind.UNAVAILABLE
    elsewhere.dispose()
    add(database, "fraud")


@only_sqlite
def test_a_full_disk_refuses_the_change_and_keeps_what_was_there(engines: Engines, database: Database) -> None:
    add(database, "fraud")
    with engines.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseUnavailableError):
        add(database, "risk", "x" * 1_000_000)
    assert names(database) == ["fraud"]


@only_postgresql
def test_a_query_that_takes_too_long_is_stopped(database: Database) -> None:
    def query() -> None:
        with database.snapshot() as tx:
            tx.session.execute(text("SET LOCAL statement_timeout = 20"))
            tx.session.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(QueryTooSlowError, match="narrow the filter") as failure:
        query()
    assert failure.value.kind is Kind.LIMIT_EXCEEDED


def test_a_query_of_sqlite_that_takes_too_long_is_stopped_too(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'slow.db'}", statement_timeout_ms=50)
    database = Database(engines)
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")

    def query() -> None:
        with database.snapshot() as tx:
            tx.session.execute(endless)

    for _ in range(2):
        with pytest.raises(QueryTooSlowError, match="narrow the filter"):
            query()
    database.check()
    database.close()


@only_postgresql
def test_every_statement_has_a_time_limit(database: Database) -> None:
    for open_ in (database.transaction, database.snapshot):
        with open_() as tx:
            assert tx.session.scalar(select(func.current_setting("statement_timeout"))) == "30s"


@only_postgresql
def test_a_lock_that_another_holds_for_too_long_is_reported_as_busy(database: Database) -> None:
    add(database, "fraud")
    began, may_end = Signal(), Signal()

    def hold() -> None:
        with database.transaction() as tx:
            tx.session.execute(select(NAMESPACE).with_for_update())
            began.set()
            may_end.wait(LONG)

    def want() -> None:
        with database.transaction() as tx:
            tx.session.execute(text("SET LOCAL lock_timeout = 20"))
            tx.session.execute(select(NAMESPACE).with_for_update())

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        assert began.wait(LONG)
        with pytest.raises(DatabaseBusyError):
            want()
        may_end.set()
        holding.result(LONG)


@pytest.fixture
def crashable(postgres_server: PostgresServer) -> Iterator[Running]:  # noqa: ARG001 - says whether there is PostgreSQL
    """A PostgreSQL of one's own, to be killed."""
    with running(postgres.start) as server:
        yield server


def test_a_postgresql_that_is_killed_is_unavailable_until_it_is_back(crashable: Running, clock: ManualClock) -> None:
    server = PostgresServer(**crashable.settings)
    url = server.url(server.new_database())
    migrate(url)
    database = Database(open_engines(url), sinks=[AuditSink(clock)])
    add(database, "fraud")

    def use_while_it_dies() -> None:
        with database.transaction() as tx:
            tx.session.execute(select(NAMESPACE)).all()
            postgres.kill(crashable)
            tx.session.execute(select(NAMESPACE)).all()

    with pytest.raises(DatabaseUnavailableError) as failure:
        use_while_it_dies()
    assert failure.value.kind is Kind.UNAVAILABLE
    with pytest.raises(DatabaseUnavailableError):
        names(database)
    with pytest.raises(DatabaseUnavailableError):
        add(database, "risk")

    postgres.run(crashable)
    assert names(database) == ["fraud"]
    add(database, "risk")
    assert names(database) == ["fraud", "risk"]
    database.close()


def test_every_connection_of_a_pool_survives_a_restart(crashable: Running, clock: ManualClock) -> None:
    server = PostgresServer(**crashable.settings)
    url = server.url(server.new_database())
    migrate(url)
    database = Database(open_engines(url, pool_size=4), sinks=[AuditSink(clock)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: add(database, f"before-{number}"), range(16)))
        postgres.kill(crashable)
        postgres.run(crashable)
        time.sleep(1)  # a connection that was in use within the last second is trusted
        list(pool.map(lambda number: add(database, f"after-{number}"), range(16)))
    assert len(names(database)) == 32
    database.close()
