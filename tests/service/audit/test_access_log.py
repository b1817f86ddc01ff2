"""Who read what content: noted without a query, written in batches, a log of its own."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.events import check_event
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import Scope
from modelkeep.domains.audit import AccessRecorder, Entry, EntryQuery
from modelkeep.domains.audit.tables import ACCESS_ENTRY, ACCESS_HEAD
from modelkeep.domains.catalog import ModelVersion
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import parse_selector
from modelkeep.platform.database import AnyRow

FIRST = parse_selector("1.0.0")


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    return a_version(services, admin, files={"a": b"one", "b": b"two"})


def rows(services: Services) -> list[AnyRow]:
    with services.access.database.snapshot() as tx:
        found = list(tx.session.execute(select(*ACCESS_ENTRY.c).order_by(ACCESS_ENTRY.c.seq)))
        assert tx.session.scalar(select(ACCESS_HEAD.c.size)) == len(found)
    assert [row.seq for row in found] == list(range(len(found)))
    return found


def reads(services: Services, actor: Actor, query: EntryQuery | None = None) -> tuple[Entry, ...]:
    return services.access_log.list(actor, query or EntryQuery(), EVERYTHING, oldest_first=True).items


def test_each_way_to_content_is_an_entry_and_none_of_the_audit_log(
    services: Services, admin: Actor, version: ModelVersion
) -> None:
    size, content = services.audit_reader.size(), services.content
    content.manifest(admin, SCORER, FIRST)
    file = content.open_file(admin, SCORER, FIRST, "a").entry
    list(content.open_batch(admin, SCORER, FIRST, [file.digest]))
    assert rows(services) == []
    services.access_log.reads.write()
    found = reads(services, admin)
    assert [entry.type for entry in found] == ["MANIFEST_READ", "FILE_OPENED", "BLOBS_OPENED"]
    facts = {"version_id": version.id, "number": 1, "manifest_digest": str(version.manifest_digest)}
    assert [entry.data for entry in found] == [
        facts,
        {**facts, "digest": str(file.digest), "size": 3},
        {**facts, "files": 1, "size": 3},
    ]
    for row, entry in zip(rows(services), found, strict=True):
        assert (entry.subject, entry.actor.id, entry.request_id) == (f"{SCORER}:1.0.0", admin.id, "test")
        assert (row.namespace, row.model) == ("fraud", str(SCORER))
        assert sha256(b"\x00" + row.payload).digest() == row.leaf_hash
        check_event(entry.action, entry.subject, entry.data)
    assert services.audit_reader.size() == size


def test_what_was_refused_is_no_read(services: Services, admin: Actor, version: ModelVersion) -> None:
    with pytest.raises(Exception, match="has no file"):
        services.content.open_file(admin, SCORER, FIRST, "c")
    services.access_log.reads.write()
    assert rows(services) == []
    assert version.number == 1


def test_reads_are_found_as_entries_are_and_by_who_may_see_them(
    services: Services, admin: Actor, version: ModelVersion
) -> None:
    a_model(services, admin, "growth/churn")
    a_version(services, admin, "growth/churn")
    for name in (SCORER, SCORER.parse("growth/churn")):
        services.content.manifest(admin, name, FIRST)
    services.access_log.reads.write()
    assert [entry.subject for entry in reads(services, admin, EntryQuery(within="growth"))] == ["growth/churn:1.0.0"]
    assert len(reads(services, admin, EntryQuery(type="MANIFEST_READ", actor=admin.id, request="test"))) == 2
    assert reads(services, admin, EntryQuery(until=version.created_at)) == ()
    auditor = somebody(services, ("auditor", "growth"))
    assert [entry.subject for entry in reads(services, auditor)] == ["growth/churn:1.0.0"]
    assert reads(services, somebody(services, "viewer")) == ()


def test_several_servers_write_without_a_gap(services: Services, admin: Actor, version: ModelVersion) -> None:
    recorders = [AccessRecorder(services.access.database, services.access.clock) for _ in range(3)]
    event = version.handed_out("content.manifest_read", admin, version.created_at)
    for recorder in recorders:
        for _ in range(40):
            recorder.note(event)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda recorder: recorder.write(), recorders))
    assert len(rows(services)) == 120


def test_a_server_that_stops_writes_what_it_has_noted(services: Services, admin: Actor, version: ModelVersion) -> None:
    with services.access_log.reads.writing():
        services.content.manifest(admin, SCORER, FIRST)
    assert [row.subject for row in rows(services)] == [version.reference]


def test_what_cannot_be_held_is_counted(services: Services, admin: Actor, version: ModelVersion) -> None:
    recorder = AccessRecorder(services.access.database, services.access.clock, most=2)
    for _ in range(5):
        recorder.note(version.handed_out("content.manifest_read", admin, version.created_at))
    recorder.write()
    assert [row.action for row in rows(services)] == ["content.manifest_read"] * 2 + ["content.records_lost"]
    assert json.loads(rows(services)[-1].payload)["data"] == {"count": 3}


def test_what_cannot_be_written_is_kept_in_its_order(
    services: Services, admin: Actor, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelkeep.domains.audit.service.access_log._BATCH", 2)
    recorder = AccessRecorder(services.access.database, services.access.clock)
    names = ["content.manifest_read", "content.manifest_read", "content.manifest_read"]
    for number, name in enumerate(names):
        recorder.note(version.handed_out(name, admin, version.created_at + timedelta(seconds=number)))
    recorder.write()
    assert len(rows(services)) == 3


def test_what_nobody_has_foreseen_costs_no_read(
    services: Services, admin: Actor, version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    broken = iter((True, False))

    def clock() -> datetime:
        if next(broken, False):
            raise RuntimeError("the clock has stopped")
        return services.access.clock()

    recorder = AccessRecorder(services.access.database, clock)
    recorder.note(version.handed_out("content.manifest_read", admin, version.created_at))
    recorder.write()
    assert "the clock has stopped" in caplog.text
    assert rows(services) == []
    recorder.write()
    assert len(rows(services)) == 1


def test_old_reads_lose_their_bodies_unless_they_are_on_hold(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    services.content.manifest(admin, SCORER, FIRST)
    services.access_log.reads.write()
    hold = services.audit_privacy.place_hold(admin, Scope.parse("fraud"), reason="case 7").value
    clock.advance(timedelta(days=366))
    services.content.manifest(admin, SCORER, FIRST)
    services.access_log.reads.write()
    assert services.access_log.prune() == 0
    services.audit_privacy.release_hold(admin, hold.id, reason="closed")
    before = [row.leaf_hash for row in rows(services)]
    assert services.access_log.prune() == 1
    assert [(row.payload is None, row.leaf_hash) for row in rows(services)] == [(True, before[0]), (False, before[1])]
    assert [entry.seq for entry in reads(services, admin)] == [1]
    assert version.reference == rows(services)[1].subject
