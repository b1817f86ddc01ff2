"""Engines: one pool of connections for PostgreSQL; a single writer and many readers for SQLite."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import QueuePool

from modelkeep.kernel.errors import InvalidValueError

WRITER_WAIT_SECONDS = 30
STATEMENT_TIMEOUT_MS = 30_000
_STEPS_BETWEEN_LOOKS = 100_000  # instructions of SQLite's machine: some milliseconds
_DEADLINE = "modelkeep_deadline"
_LEFT_AT = "modelkeep_left_at"
_TRUSTED_SECONDS = 1


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...

    def close(self) -> None: ...


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...

    def set_progress_handler(self, handler: Callable[[], bool], steps: int, /) -> None: ...


class _PooledConnection(Protocol):
    info: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` serves changes, `reader` serves snapshots; on PostgreSQL they share one pool."""

    writer: Engine
    reader: Engine

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()


def open_engines(url: str, *, pool_size: int = 16, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS) -> Engines:
    """Open `sqlite:///path` or `postgresql://…` (psycopg 3; the URL's own query options are passed on).

    A statement that takes longer than the time-out is stopped; on SQLite only one that reads.

    Raises:
        InvalidValueError: the URL names no database this program can use.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidValueError("malformed database URL: use sqlite:///PATH or postgresql://USER@HOST/DB") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed, pool_size, statement_timeout_ms)
    if backend == "postgresql":
        return _postgresql(parsed.set(drivername="postgresql+psycopg"), pool_size, statement_timeout_ms)
    raise InvalidValueError(
        f"the database {backend!r} is not supported: use sqlite:///PATH or postgresql://USER@HOST/DB"
    )


def _sqlite(url: URL, pool_size: int, timeout_ms: int) -> Engines:
    """WAL, `BEGIN IMMEDIATE`, one connection for all writers of the process: its pool is the fair writer lock."""
    options = {"check_same_thread": False}
    writer = create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=WRITER_WAIT_SECONDS, connect_args=options
    )
    reader = create_engine(url, poolclass=QueuePool, pool_size=pool_size, max_overflow=32, connect_args=options)
    _on_sqlite(writer, "BEGIN IMMEDIATE", "PRAGMA query_only = OFF")
    _on_sqlite(reader, "BEGIN", "PRAGMA query_only = ON")
    _stop_slow_statements(reader, timeout_ms / 1000)
    return Engines(writer, reader)


def _on_sqlite(engine: Engine, begin: str, *pragmas: str) -> None:
    settings = (
        "PRAGMA busy_timeout = 10000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA cache_size = -16000",
        *pragmas,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: _SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for setting in settings:
            cursor.execute(setting)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _stop_slow_statements(engine: Engine, seconds: float) -> None:
    """Interrupt a statement of SQLite that runs for too long: it has no time-out of its own."""

    @event.listens_for(engine, "connect")
    def watch(connection: _SqliteConnection, pooled: _PooledConnection) -> None:
        deadlines = pooled.info
        connection.set_progress_handler(
            lambda: monotonic() > deadlines.get(_DEADLINE, monotonic()), _STEPS_BETWEEN_LOOKS
        )

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_statement: object) -> None:
        connection.info[_DEADLINE] = monotonic() + seconds


def _postgresql(url: URL, pool_size: int, timeout_ms: int) -> Engines:
    writer = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        connect_args={
            "connect_timeout": 5,
            "application_name": "modelkeep",
            "options": f"-c statement_timeout={timeout_ms} -c timezone=UTC",
        },
    )
    _ping_after_a_pause(writer)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(writer, reader)


def _ping_after_a_pause(engine: Engine) -> None:
    """Ask a pooled connection for a sign of life when it was idle: one that was just in use is spared the round trip.

    One that died in between fails its statement, and the pool then drops every other that is as old.
    """

    @event.listens_for(engine, "checkin")
    def leave(_connection: object, pooled: _PooledConnection) -> None:
        pooled.info[_LEFT_AT] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: DBAPIConnection, pooled: _PooledConnection, _proxy: object) -> None:
        if monotonic() - pooled.info.get(_LEFT_AT, monotonic()) < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
