"""Exports of the log: what the verifier, a spreadsheet and a CloudEvents reader get; each is an entry itself."""

import csv
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from tests.builders import SCORER
from tests.people import somebody
from tests.service.use_cases import World

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.audit import Entry, EntryQuery, ExportFormat
from modelkeep.domains.audit.domain.exports import comma_separated, written
from modelkeep.domains.audit.domain.leaf import SaltedText
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import InvalidReferenceError

EVERYTHING = EntryQuery()


@pytest.fixture
def world(services: Services, admin: Actor) -> World:
    return World.made(services, admin)


def exported(world: World, actor: Actor, query: EntryQuery, form: ExportFormat, **options: bool) -> str:
    return b"".join(world.services.audit_exports.export(actor, query, form, **options)).decode()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_has_what_a_verifier_needs_and_what_a_person_reads(world: World, admin: Actor) -> None:
    log = world.entries()
    found = lines(exported(world, admin, EVERYTHING, ExportFormat.JSONL))
    assert [line["seq"] for line in found] == [row.seq for row in log]
    for line, row in zip(found, log, strict=True):
        leaf = b64decode(line["leaf"])
        assert leaf == row.payload
        assert sha256(b"\x00" + leaf).hexdigest() == line["leaf_hash"]
        document = json.loads(leaf)
        for field, text in line["texts"].items():
            salted = SaltedText(field, bytes.fromhex(text["salt"]), text["value"])
            assert salted.commitment == document["pii_commitments"][field]
        assert line["texts"].keys() == document["pii_commitments"].keys()
        assert (line["subject"], line["at"], line["data"]) == (document["resource"], document["ts"], document["data"])
    assert {line["actor"]["name"] for line in found} >= {"admin", "system"}


def test_an_export_is_an_entry_and_does_not_hold_itself(world: World, admin: Actor) -> None:
    query = EntryQuery(within="fraud", type="MODEL_CREATED", request="somebody's own words")
    before = len(world.entries())
    assert exported(world, admin, query, ExportFormat.JSONL) == ""
    (entry,) = world.entries()[before:]
    assert (entry.action, entry.subject) == ("audit.log_exported", "fraud")
    assert json.loads(entry.payload)["data"] == {
        "format": "jsonl",
        "entries_before": before,
        "personal": True,
        "type": "catalog.model_created",
        "since": None,
        "until": None,
    }
    assert b"somebody" not in entry.payload
    assert len(lines(exported(world, admin, EVERYTHING, ExportFormat.JSONL))) == before + 1


def test_an_export_is_of_a_period_and_a_subject(world: World, admin: Actor) -> None:
    log = world.entries()
    query = EntryQuery(within=str(SCORER), since=log[4].at, until=log[-1].at + timedelta(microseconds=1))
    found = lines(exported(world, admin, query, ExportFormat.JSONL))
    expected = [row.seq for row in log if row.model == str(SCORER) and row.at >= log[4].at]
    assert [line["seq"] for line in found] == expected


def test_an_export_without_personal_data_has_neither_texts_nor_names(world: World, admin: Actor) -> None:
    for form in ExportFormat:
        text = exported(world, admin, EntryQuery(subject=str(SCORER)), form, personal=False)
        assert "risk" not in text
        assert "admin" not in text


def test_a_spreadsheet_gets_a_row_for_each_entry(world: World, admin: Actor) -> None:
    text = exported(world, admin, EVERYTHING, ExportFormat.CSV)
    rows = list(csv.DictReader(StringIO(text, newline="")))
    log = world.entries()[:-1]
    assert [(int(row["seq"]), row["subject"], row["leaf_hash"]) for row in rows] == [
        (row.seq, row.subject, row.leaf_hash.hex()) for row in log
    ]
    assert {row["actor_name"] for row in rows} >= {"admin", "system"}


def test_a_spreadsheet_runs_nothing_that_somebody_typed(world: World, admin: Actor) -> None:
    (entry, *_) = world.services.audit_reader.read(-1, 1)
    evil = replace(entry, subject='=HYPERLINK("http://evil.example")')
    (row,) = csv.reader(StringIO(comma_separated([evil], {entry.actor.id: "@SUM(A1)"}), newline=""))
    assert {cell for cell in row if "evil" in cell or "SUM" in cell} == {f"'{evil.subject}", "'@SUM(A1)"}
    assert admin.name not in row


def test_a_batch_of_cloud_events_is_what_the_cloud_events_project_reads(world: World, admin: Actor) -> None:
    batch = json.loads(exported(world, admin, EVERYTHING, ExportFormat.CLOUDEVENTS))
    events = [JSONFormat().read(None, json.dumps(event)) for event in batch]
    assert [event.get_id() for event in events] == [str(row.seq) for row in world.entries()[:-1]]
    assert {event.get_source() for event in events} == {"http://127.0.0.1:8080"}
    assert json.loads(exported(world, admin, EntryQuery(subject="nothing"), ExportFormat.CLOUDEVENTS)) == []


def test_who_may_export_of_a_scope_asks_for_that_scope(world: World) -> None:
    auditor = somebody(world.services, ("auditor", "fraud"))
    before = len(world.entries())
    for beyond in (EVERYTHING, EntryQuery(within="empty")):
        with pytest.raises(ForbiddenError):
            world.services.audit_exports.export(auditor, beyond, ExportFormat.JSONL)
    assert [entry.action for entry in world.entries()[before:]] == ["access.access_denied"] * 2
    found = lines(exported(world, auditor, EntryQuery(within="fraud"), ExportFormat.JSONL))
    assert [line["seq"] for line in found] == [row.seq for row in world.entries()[:-1] if row.namespace == "fraud"]


def test_a_scope_that_is_none_is_refused() -> None:
    for text in ("", "A B", "fraud/", "/scorer", "fraud/scorer:1"):
        with pytest.raises(InvalidReferenceError):
            EntryQuery(within=text)


@pytest.mark.parametrize("form", ExportFormat)
def test_an_export_holds_one_batch_at_a_time(services: Services, form: ExportFormat) -> None:
    batch = tuple(services.audit_reader.read(-1, 3))
    taken = 0

    def batches() -> Iterator[tuple[Entry, ...]]:
        nonlocal taken
        for _ in range(5):
            taken += 1
            yield batch

    pieces = written(batches(), form, source="urn:x", names_of=lambda _: {})
    assert taken == 0
    assert [taken for _ in pieces][:3] in ([1, 2, 3], [0, 1, 2])  # CSV begins with its titles
    assert taken == 5


def test_a_long_export_has_each_entry_once(services: Services, admin: Actor) -> None:
    for number in range(3):
        services.namespaces.create(admin, f"team-{number}", description="")
    whole = services.audit_exports
    found = lines(b"".join(whole.export(admin, EVERYTHING, ExportFormat.JSONL)).decode())
    assert [line["seq"] for line in found] == list(range(len(found)))
