"""A transaction commits whole or not at all, and no write goes unexplained."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event as Signal

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from modelkeep.domains.artifacts.tables import BlobRow
from modelkeep.domains.audit.tables import ENTRY
from modelkeep.domains.catalog.tables import NAMESPACE, NamespaceRow
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.platform.database import (
    Database,
    DatabaseUnavailableError,
    Engines,
    NestedTransactionError,
    Transaction,
    UnauditedWriteError,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ADA = Actor(PrincipalId("ada"), "Ada", PrincipalKind.USER, frozenset())
HAPPENED = Event("catalog.namespace_deleted", "subject", ADA, AT)
LONG = 20.0


def a_row(name: str) -> dict[str, object]:
    return {"name": name, "description": "", "created_at": AT, "created_by": "ada", "revision": 1}


def add(tx: Transaction, name: str) -> None:
    tx.session.execute(insert(NAMESPACE), a_row(name))
    tx.record(HAPPENED)


def names(database: Database) -> list[str]:
    with database.snapshot() as tx:
        return list(tx.session.scalars(select(NAMESPACE.c.name).order_by(NAMESPACE.c.name)))


def entries(database: Database) -> int:
    with database.snapshot() as tx:
        return len(tx.session.execute(select(ENTRY.c.seq)).all())


@pytest.fixture
def filled(database: Database) -> Database:
    """A database that holds one namespace, and one entry that says so."""
    with database.transaction() as tx:
        add(tx, "fraud")
    return database


def _flushed_change(session: Session) -> None:
    session.get_one(NamespaceRow, "fraud").description = "changed"


WRITES: dict[str, Callable[[Session], object]] = {
    "an added object": lambda session: session.add(NamespaceRow(**a_row("risk"))),
    "a changed object": _flushed_change,
    "a deleted object": lambda session: session.delete(session.get_one(NamespaceRow, "fraud")),
    "an insert into a class": lambda session: session.execute(insert(NamespaceRow).values(a_row("risk"))),
    "an insert into a table": lambda session: session.execute(insert(NAMESPACE), a_row("risk")),
    "an insert of many": lambda session: session.execute(insert(NAMESPACE), [a_row("risk"), a_row("churn")]),
    "an insert that returns": lambda session: session.scalars(
        insert(NAMESPACE).returning(NAMESPACE.c.name), [a_row("risk")]
    ).all(),
    "an update of a class": lambda session: session.execute(update(NamespaceRow).values(description="changed")),
    "an update of a table": lambda session: session.execute(update(NAMESPACE).values(description="changed")),
    "a delete from a class": lambda session: session.execute(delete(NamespaceRow)),
    "a delete from a table": lambda session: session.execute(delete(NAMESPACE)),
    "a statement as text": lambda session: session.execute(text("DELETE FROM catalog_namespace")),
    "a bulk save": lambda session: session.bulk_save_objects([NamespaceRow(**a_row("risk"))]),
    "a statement on the connection": lambda session: session.connection().execute(delete(NAMESPACE)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_without_an_event_is_refused_and_undone(filled: Database, write: Callable[[Session], object]) -> None:
    with pytest.raises(UnauditedWriteError), filled.transaction() as tx:
        write(tx.session)
    assert names(filled) == ["fraud"]
    with filled.snapshot() as tx:
        assert tx.session.scalar(select(NAMESPACE.c.description)) == ""
    assert entries(filled) == 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_the_same_write_with_an_event_is_committed_and_receipted(
    filled: Database, write: Callable[[Session], object]
) -> None:
    with filled.transaction() as tx:
        write(tx.session)
        tx.record(HAPPENED)
    assert tx.receipt is not None
    assert tx.receipt.seq == 1
    assert entries(filled) == 2


def test_bookkeeping_needs_no_event_and_gets_no_receipt(database: Database) -> None:
    with database.transaction() as tx:
        tx.session.execute(insert(BlobRow), {"digest": "a", "size": 1, "created_at": AT})
        tx.session.add(BlobRow(digest="b", size=1, created_at=AT))
        tx.session.flush()
        tx.session.execute(update(BlobRow).values(size=2))
        tx.session.execute(delete(BlobRow).where(BlobRow.digest == "b"))
    assert tx.receipt is None
    assert entries(database) == 0
    with database.snapshot() as tx:
        assert tx.session.execute(select(BlobRow.digest, BlobRow.size)).all() == [("a", 2)]


def test_bookkeeping_does_not_excuse_another_write_beside_it(database: Database) -> None:
    def write() -> None:
        with database.transaction() as tx:
            tx.session.execute(insert(NAMESPACE), a_row("risk"))
            tx.session.execute(insert(BlobRow), {"digest": "a", "size": 1, "created_at": AT})

    with pytest.raises(UnauditedWriteError):
        write()
    assert names(database) == []


def test_a_transaction_that_only_reads_needs_no_event(filled: Database) -> None:
    with filled.transaction() as tx:
        assert tx.session.scalars(select(NAMESPACE.c.name)).all() == ["fraud"]
    assert entries(filled) == 1


def test_an_exception_undoes_everything_and_passes_through(database: Database) -> None:
    def refuse() -> None:
        with database.transaction() as tx:
            add(tx, "fraud")
            raise LookupError("the rule says no")

    with pytest.raises(LookupError, match="the rule says no"):
        refuse()
    assert names(database) == []
    assert entries(database) == 0


def test_a_sink_that_fails_undoes_the_change(engines: Engines, database: Database) -> None:
    class Failing:
        def record(self, session: Session, events: Sequence[Event]) -> None:
            raise LookupError(f"{len(events)} events, {session.is_active}")

    with pytest.raises(LookupError, match="1 events"), Database(engines, [Failing()]).transaction() as tx:
        add(tx, "fraud")
    assert names(database) == []


def test_one_event_a_fact_however_many_in_a_transaction(database: Database) -> None:
    with database.transaction() as tx:
        add(tx, "fraud")
        tx.record(HAPPENED, HAPPENED)
    assert entries(database) == 3
    assert tx.receipt is not None
    assert tx.receipt.seq == 2


def test_a_use_case_inside_another_is_refused(filled: Database) -> None:
    for outer in (filled.transaction, filled.snapshot):
        for inner in (filled.transaction, filled.snapshot):
            with outer(), pytest.raises(NestedTransactionError), inner():
                pass
    assert names(filled) == ["fraud"]


def test_after_a_refusal_the_thread_can_go_on(filled: Database) -> None:
    with pytest.raises(UnauditedWriteError), filled.transaction() as tx:
        tx.session.execute(delete(NAMESPACE))
    with filled.transaction() as tx:
        add(tx, "risk")
    assert names(filled) == ["fraud", "risk"]


def test_a_snapshot_refuses_every_write(filled: Database) -> None:
    with pytest.raises((DatabaseUnavailableError, InternalError)) as refusal, filled.snapshot() as tx:
        tx.session.execute(insert(NAMESPACE), a_row("risk"))
    cause = refusal.value.__cause__
    assert "read" in str(cause)
    assert "only" in str(cause)
    assert names(filled) == ["fraud"]


def test_a_snapshot_sees_one_state_whatever_is_committed_meanwhile(filled: Database) -> None:
    def write() -> None:
        with filled.transaction() as tx:
            add(tx, "risk")

    with ThreadPoolExecutor(1) as other, filled.snapshot() as tx:
        before = tx.session.scalars(select(NAMESPACE.c.name)).all()
        other.submit(write).result(LONG)
        assert tx.session.scalars(select(NAMESPACE.c.name)).all() == before == ["fraud"]
    assert names(filled) == ["fraud", "risk"]


def test_readers_do_not_wait_for_a_writer(filled: Database) -> None:
    written, may_commit = Signal(), Signal()

    def write() -> None:
        with filled.transaction() as tx:
            add(tx, "risk")
            written.set()
            may_commit.wait(LONG)

    with ThreadPoolExecutor(1) as other:
        writing = other.submit(write)
        assert written.wait(LONG)
        assert names(filled) == ["fraud"]
        may_commit.set()
        writing.result(LONG)
    assert names(filled) == ["fraud", "risk"]


def test_writers_of_one_row_take_turns_and_none_is_lost(filled: Database) -> None:
    def count(_number: int) -> None:
        with filled.transaction() as tx:
            tx.session.execute(update(NAMESPACE).values(revision=NAMESPACE.c.revision + 1))
            tx.record(HAPPENED)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    with filled.snapshot() as tx:
        assert tx.session.scalar(select(NAMESPACE.c.revision)) == 41
    assert entries(filled) == 41


def test_who_listens_hears_of_each_commit_with_events_and_of_nothing_else(filled: Database) -> None:
    heard: list[int] = []
    filled.listen(lambda: heard.append(entries(filled)))
    with filled.transaction() as tx:
        add(tx, "risk")
    with filled.snapshot():
        pass
    with pytest.raises(UnauditedWriteError), filled.transaction() as tx:
        tx.session.execute(insert(NAMESPACE), a_row("churn"))
    assert heard == [2]
