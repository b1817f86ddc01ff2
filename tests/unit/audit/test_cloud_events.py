"""An entry as a CloudEvent, read by the CloudEvents project's own package."""

import json
from dataclasses import replace

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from tests.unit.audit.test_leaf import ACTOR, AT, GOLDEN_HASH, GOLDEN_PAYLOAD

from modelkeep.domains.audit import Entry, cloud_event
from modelkeep.domains.audit.domain.entries import CorruptEntryError
from modelkeep.domains.audit.domain.leaf import leaf_of
from modelkeep.domains.audit.domain.vocabulary import VOCABULARY
from modelkeep.kernel.events import Event

SOURCE = "https://registry.example"
ENTRY = Entry.read(GOLDEN_PAYLOAD, bytes.fromhex(GOLDEN_HASH))


def test_an_entry_is_read_from_its_leaf() -> None:
    assert (ENTRY.seq, ENTRY.at, ENTRY.action, ENTRY.type) == (
        41,
        AT,
        "catalog.version_registered",
        "VERSION_REGISTERED",
    )
    assert (ENTRY.actor.kind, ENTRY.actor.id, ENTRY.actor.token_id) == ("user", ACTOR.id, ACTOR.token_id)
    assert ENTRY.subject == "fraud/scorer:1.4.0"
    assert ENTRY.data["number"] == 12


@pytest.mark.parametrize("leaf", [b"", b"{}", b"[]", b"\xff", GOLDEN_PAYLOAD.replace(b'"ts"', b'"tx"')])
def test_bytes_that_are_no_leaf_are_not_taken_for_one(leaf: bytes) -> None:
    with pytest.raises(CorruptEntryError, match="tampered"):
        Entry.read(leaf, bytes(32))


def test_a_cloud_event_is_what_the_cloud_events_project_reads() -> None:
    event = JSONFormat().read(None, json.dumps(cloud_event(ENTRY, source=SOURCE)))
    assert isinstance(event, CloudEvent)
    assert (event.get_id(), event.get_source(), event.get_subject()) == ("41", SOURCE, ENTRY.subject)
    assert event.get_type() == "io.modelkeep.version_registered.v1"
    assert event.get_time() == AT
    assert event.get_data() == ENTRY.data
    assert event.get_extension("sequence") == "00000000000000000041"
    assert event.get_extension("leafhash") == GOLDEN_HASH


def test_the_schema_that_a_cloud_event_names_is_the_published_one() -> None:
    assert cloud_event(ENTRY, source=SOURCE)["dataschema"] == VOCABULARY[ENTRY.action].schema["$id"]


def test_what_a_person_typed_does_not_leave_the_registry() -> None:
    assert "October" not in json.dumps(cloud_event(ENTRY, source=SOURCE))


def test_an_event_of_a_later_release_is_presented_too() -> None:
    later = Event("governance.request_approved", "fraud/scorer:1.4.0", ACTOR, AT)
    leaf = leaf_of(later, seq=1, at=AT, texts={})
    entry = replace(Entry.read(leaf.payload, leaf.hash))
    assert cloud_event(entry, source=SOURCE)["type"] == "io.modelkeep.request_approved.v1"
