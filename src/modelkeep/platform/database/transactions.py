"""One use case, one transaction, at least one event for every write."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from sqlalchemy import Connection, Delete, Engine, Executable, Insert, SelectBase, Table, Update, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event, Receipt
from modelkeep.platform.database.base import is_bookkeeping
from modelkeep.platform.database.engine import Engines
from modelkeep.platform.database.errors import translate


class NestedTransactionError(RuntimeError):
    """A use case called another use case; it should have called an operation."""


class UnauditedWriteError(RuntimeError):
    """A transaction changed rows and recorded no event."""


class EventSink(Protocol):
    """Writes events inside the transaction that caused them (audit leaf, idempotency claim, outbox row)."""

    def record(self, session: Session, events: Sequence[Event]) -> Receipt | None:
        """Persist the events with the caller's session; return a receipt if the sink issues one."""


class _GuardedSession(Session):
    """A session that remembers whether it wrote anything an event must explain."""

    wrote = False


_open: ContextVar[_GuardedSession | None] = ContextVar("open_session", default=None)


@event.listens_for(Engine, "before_execute")
def _note_write(_connection: Connection, statement: Executable, *_values: object) -> None:
    """See every statement of the session in whatever way it came about: a flush, in bulk, or by itself."""
    session = _open.get()
    if session is not None and not session.wrote:
        session.wrote = _needs_event(statement)


def _needs_event(statement: Executable) -> bool:
    if isinstance(statement, Insert | Update | Delete) and isinstance(statement.table, Table):
        return not is_bookkeeping(statement.table)
    return not isinstance(statement, SelectBase)


class Transaction:
    """What a use case holds while it works; `receipt` is there once the transaction has committed."""

    def __init__(self, session: Session) -> None:
        """Start with nothing recorded."""
        self.session = session
        self.events: list[Event] = []
        self.receipt: Receipt | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.session.get_bind().dialect.name

    def record(self, *events: Event) -> None:
        """Add facts to be logged if this transaction commits."""
        self.events.extend(events)


class Database:
    """Opens transactions and lets every sink see what they did."""

    def __init__(self, engines: Engines, sinks: Sequence[EventSink] = ()) -> None:
        """Keep the engines, and the sinks in the order they will be called: the audit log goes last."""
        self._engines = engines
        self._sinks = tuple(sinks)
        self._listeners: list[Callable[[], None]] = []

    def listen(self, notice: Callable[[], None]) -> None:
        """Call `notice` after each commit of this process that recorded events: a hint, which must be quick."""
        self._listeners.append(notice)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit on a clean exit; roll back on any exception.

        Raises:
            NestedTransactionError: the caller already is inside a transaction.
            UnauditedWriteError: rows were written and no event recorded; nothing is committed.
            DatabaseUnavailableError, DatabaseBusyError: the database could not do it; nothing is committed.
        """
        with self._keeping_refusals(), self._writing() as tx:
            yield tx

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Read one consistent state; the database refuses every write."""
        with self._keeping_refusals(), _session(self._engines.reader) as session:
            yield Transaction(session)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        with _session(self._engines.writer) as session:
            tx = Transaction(session)
            yield tx
            session.flush()
            if session.wrote and not tx.events:
                raise UnauditedWriteError
            if tx.events:
                for sink in self._sinks:
                    tx.receipt = sink.record(session, tx.events) or tx.receipt
                session.flush()
        if tx.events:
            for notice in self._listeners:
                notice()

    @contextmanager
    def _keeping_refusals(self) -> Iterator[None]:
        """Record the event that an error brings, in a transaction of its own: what was refused stays rolled back."""
        try:
            yield
        except RegistryError as error:
            if error.event is not None:
                with self._writing() as tx:
                    tx.record(error.event)
            raise

    def check(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            DatabaseUnavailableError, DatabaseBusyError: there is none.
        """
        with self.snapshot() as tx:
            tx.session.execute(select(1))

    def close(self) -> None:
        """Close every connection."""
        self._engines.dispose()


@contextmanager
def _session(engine: Engine) -> Iterator[_GuardedSession]:
    if _open.get() is not None:
        raise NestedTransactionError
    guarded = _GuardedSession(engine, expire_on_commit=False, autoflush=False)
    token = _open.set(guarded)
    try:
        with guarded as session, session.begin():
            yield session
    except SQLAlchemyError as error:
        translated = translate(error)
        if translated is None:
            raise
        raise translated from error
    finally:
        _open.reset(token)
