"""What changes when somebody changes a model, a version or an alias, and the event that says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.domains.catalog.domain.aliases import (
    AliasInterval,
    alias_removed,
    alias_set,
    check_alias_name,
    check_seen,
)
from modelkeep.domains.catalog.domain.errors import InvalidRecordError, TagNotFoundError
from modelkeep.domains.catalog.domain.models import Model, ModelDetails, Namespace, Visibility
from modelkeep.domains.catalog.domain.records import Metric, VersionRecord
from modelkeep.domains.catalog.domain.versions import DRAFT, STAGES, ModelVersion
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, StaleRevisionError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

MADE = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOW = MADE + timedelta(days=1)
ADA = Actor(PrincipalId("ada"), "Ada", PrincipalKind.USER, frozenset())
BOB = Actor(PrincipalId("bob"), "Bob", PrincipalKind.USER, frozenset())
NAMESPACE = Namespace("fraud", "Fraud models", MADE, ADA.id)
MODEL = Model(
    id="m1",
    name=ModelName.parse("fraud/scorer"),
    description="Scores transactions",
    task="classification",
    visibility=Visibility.INTERNAL,
    owners=("ada",),
    tags={"team": "risk"},
    last_number=0,
    created_at=MADE,
    created_by=ADA.id,
    changed_at=MADE,
    changed_by=ADA.id,
)
VERSION = ModelVersion(
    id="v1",
    model_id="m1",
    model=MODEL.name,
    number=1,
    version=Version.parse("1.0.0"),
    stage=DRAFT,
    manifest_digest=Digest.of(b"manifest"),
    file_count=2,
    total_size=10,
    record=VersionRecord(
        description="The first", message="as planned", tags={"team": "risk"}, metrics=(Metric("auc", 0.9),)
    ),
    aliases=(),
    created_at=MADE,
    created_by=ADA.id,
    changed_at=MADE,
    changed_by=ADA.id,
)
INTERVAL = AliasInterval("champion", "v0", 1, Version.parse("0.9.0"), MADE, ADA.id, 3)


def check_event(event: Event, name: str, subject: str) -> None:
    """Whatever happens: who, when and to what is said, and what a person typed stays out of the facts."""
    assert (event.name, event.subject, event.actor) == (name, subject, BOB)
    assert event.at == NOW
    facts = canonical_json(dict(event.data))
    for text in event.texts.values():
        assert not text or text.encode() not in facts


def check_model(changed: Model, event: Event, name: str) -> None:
    check_event(event, name, "fraud/scorer")
    assert (changed.revision, changed.changed_at, changed.changed_by) == (2, NOW, BOB.id)
    assert (changed.id, changed.name, changed.created_at, changed.created_by) == ("m1", MODEL.name, MADE, ADA.id)
    assert event.data == {"model_id": "m1", "revision": 2}
    assert (event.before, event.after) == (MODEL.facts, changed.facts)


def check_version(changed: ModelVersion, event: Event, name: str) -> None:
    check_event(event, name, "fraud/scorer:1.0.0")
    assert (changed.revision, changed.changed_at, changed.changed_by) == (2, NOW, BOB.id)
    kept = replace(changed, record=VERSION.record, revision=1, changed_at=MADE, changed_by=ADA.id, deleted_at=None)
    assert kept == VERSION
    assert {"version_id": "v1", "revision": 2}.items() <= event.data.items()
    assert (event.before, event.after) == (VERSION.facts, changed.facts)


def test_a_namespace_is_created_described_and_deleted() -> None:
    created = NAMESPACE.created(ADA)
    assert (created.name, created.subject, created.at) == ("catalog.namespace_created", "fraud", MADE)
    assert created.texts == {"description": "Fraud models"}
    changed, event = NAMESPACE.describe("All of fraud", BOB, NOW)
    check_event(event, "catalog.namespace_updated", "fraud")
    assert (changed.description, changed.revision, event.texts) == ("All of fraud", 2, {"description": "All of fraud"})
    check_event(changed.deleted(BOB, NOW), "catalog.namespace_deleted", "fraud")


def test_a_namespace_has_a_description_of_bounded_length() -> None:
    with pytest.raises(InvalidRecordError):
        NAMESPACE.describe("x" * 65_537, BOB, NOW)


def test_the_creation_of_a_model_keeps_its_texts_on_the_erasable_side() -> None:
    event = MODEL.created(ADA)
    assert (event.name, event.subject, event.at) == ("catalog.model_created", "fraud/scorer", MADE)
    assert event.texts == {
        "description": "Scores transactions",
        "task": "classification",
        "owners": "ada",
        "tag:team": "risk",
    }
    assert event.data == {"model_id": "m1", "revision": 1}
    assert (event.before, event.after) == (None, MODEL.facts)


def test_an_update_changes_what_is_given_and_nothing_else() -> None:
    changed, event = MODEL.update(ModelDetails(task="regression", owners=()), BOB, NOW)
    check_model(changed, event, "catalog.model_updated")
    assert (changed.task, changed.owners, changed.description) == ("regression", (), "Scores transactions")
    assert changed.visibility is Visibility.INTERNAL
    assert event.texts == {"task": "regression", "owners": ""}


def test_a_text_can_be_emptied() -> None:
    changed, _ = MODEL.update(ModelDetails(description=""), BOB, NOW)
    assert changed.description == ""


@pytest.mark.parametrize(
    "details",
    [
        ModelDetails(description="x" * 65_537),
        ModelDetails(task="x" * 1_025),
        ModelDetails(owners=("ada",) * 257),
        ModelDetails(owners=("",)),
        ModelDetails(owners=("ada\n",)),
    ],
)
def test_details_of_a_model_are_bounded(details: ModelDetails) -> None:
    with pytest.raises(InvalidRecordError):
        MODEL.update(details, BOB, NOW)


def test_tags_of_a_model_are_set_and_removed() -> None:
    changed, event = MODEL.tag("area", "eu", BOB, NOW)
    check_model(changed, event, "catalog.model_tagged")
    assert (changed.tags, event.texts) == ({"area": "eu", "team": "risk"}, {"tag:area": "eu"})
    changed, event = MODEL.untag("team", BOB, NOW)
    check_model(changed, event, "catalog.model_untagged")
    assert (changed.tags, event.texts) == ({}, {"tag_key": "team"})


def test_a_tag_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(TagNotFoundError, match="fraud/scorer has no tag 'area'"):
        MODEL.untag("area", BOB, NOW)
    with pytest.raises(TagNotFoundError, match=r"fraud/scorer:1\.0\.0 has no tag 'area'"):
        VERSION.untag("area", BOB, NOW)


def test_the_thousandth_tag_is_the_last() -> None:
    full = replace(MODEL, tags={f"tag{number}": "" for number in range(1_000)})
    full.tag("tag7", "changed", BOB, NOW)
    with pytest.raises(InvalidRecordError, match="1001 tags are too many"):
        full.tag("one more", "", BOB, NOW)


def test_a_model_is_deleted_and_restored() -> None:
    deleted, event = MODEL.delete(BOB, NOW)
    check_model(deleted, event, "catalog.model_deleted")
    assert deleted.deleted_at == NOW
    restored, event = deleted.restore(BOB, NOW)
    assert (restored.deleted_at, restored.revision, event.name) == (None, 3, "catalog.model_restored")


def test_a_registration_logs_content_and_measurements_as_facts_and_typed_texts_apart() -> None:
    event = VERSION.registered(ADA)
    assert (event.name, event.subject, event.at) == ("catalog.version_registered", "fraud/scorer:1.0.0", MADE)
    assert event.data["manifest_digest"] == str(VERSION.manifest_digest)
    assert event.data["metrics"] == [{"name": "auc", "value": "0.9", "dataset": None, "slice": None, "step": None}]
    assert event.texts == {"description": "The first", "message": "as planned", "tag:team": "risk"}
    assert (event.before, event.after) == (None, VERSION.facts)


@pytest.mark.parametrize(("value", "written"), [(0.1, "0.1"), (1.0, "1.0"), (1e300, "1e+300"), (5e-324, "5e-324")])
def test_a_measured_value_is_logged_as_its_exact_decimal(value: float, written: str) -> None:
    _, event = VERSION.measure((Metric("loss", value),), BOB, NOW)
    canonical_json(dict(event.data))
    assert event.data["metrics"] == [{"name": "loss", "value": written, "dataset": None, "slice": None, "step": None}]
    assert float(written) == value


def test_a_version_is_described_and_tagged() -> None:
    changed, event = VERSION.describe("Better", BOB, NOW)
    check_version(changed, event, "catalog.version_updated")
    assert (changed.record.description, changed.record.message) == ("Better", "as planned")
    changed, event = VERSION.tag("team", "growth", BOB, NOW)
    check_version(changed, event, "catalog.version_tagged")
    assert (changed.record.tags, event.texts) == ({"team": "growth"}, {"tag:team": "growth"})
    changed, event = VERSION.untag("team", BOB, NOW)
    check_version(changed, event, "catalog.version_untagged")
    assert changed.record.tags == {}


def test_a_measurement_that_replaces_another_leaves_it_in_the_log() -> None:
    changed, event = VERSION.measure((Metric("auc", 0.95), Metric("loss", 0.2)), BOB, NOW)
    check_version(changed, event, "catalog.metrics_logged")
    assert changed.record.metrics == (Metric("auc", 0.95), Metric("loss", 0.2))
    assert [metric["value"] for metric in event.data["replaced"]] == ["0.9"]  # type: ignore[index, union-attr, call-overload]  # JSON


def test_no_measurement_at_all_is_refused() -> None:
    with pytest.raises(InvalidRecordError, match="no metrics were sent"):
        VERSION.measure((), BOB, NOW)


def test_a_version_is_deleted_and_restored() -> None:
    deleted, event = VERSION.delete(BOB, NOW)
    check_version(deleted, event, "catalog.version_deleted")
    assert deleted.deleted_at == NOW
    restored, _ = deleted.restore(BOB, NOW)
    assert (restored.deleted_at, restored.revision) == (None, 3)


@pytest.mark.parametrize("name", ["champion", "v1", "prod-eu", "Champion", "latest-good", "x1"])
def test_an_alias_is_a_name_of_its_own(name: str) -> None:
    assert check_alias_name(name) == name


@pytest.mark.parametrize("name", [*STAGES, "production", "PRODUCTION", "latest", "Latest"])
def test_an_alias_is_not_named_like_what_the_registry_names_itself(name: str) -> None:
    with pytest.raises(InvalidRecordError, match="cannot be an alias"):
        check_alias_name(name)


@pytest.mark.parametrize(
    "name", ["", "1.0.0", "12", "^1", "1.x", "v1.2", "x", "sha256:00", "a b", "a/b", "é", "a" * 64]
)
def test_an_alias_cannot_be_read_as_anything_else(name: str) -> None:
    with pytest.raises(InvalidValueError):
        check_alias_name(name)


@pytest.mark.parametrize(("current", "seen"), [(None, None), (None, 0), (INTERVAL, None), (INTERVAL, 3)])
def test_an_alias_moves_for_who_has_seen_where_it_is(current: AliasInterval | None, seen: int | None) -> None:
    check_seen("champion", current, seen)


@pytest.mark.parametrize(("current", "seen"), [(None, 1), (INTERVAL, 0), (INTERVAL, 2), (INTERVAL, 4)])
def test_an_alias_does_not_move_for_who_has_seen_another_state(current: AliasInterval | None, seen: int) -> None:
    with pytest.raises(StaleRevisionError, match="champion has moved meanwhile"):
        check_seen("champion", current, seen)


def test_the_move_of_an_alias_says_from_where_to_where() -> None:
    event = alias_set(VERSION, "champion", INTERVAL, BOB, NOW)
    check_event(event, "catalog.alias_set", "fraud/scorer@champion")
    assert {"version_id": "v1", "previous_version_id": "v0", "previous_number": 1}.items() <= event.data.items()
    first = alias_set(VERSION, "champion", None, BOB, NOW)
    assert (first.data["previous_version_id"], first.data["previous_number"]) == (None, None)
    removed = alias_removed(MODEL.name, INTERVAL, BOB, NOW)
    check_event(removed, "catalog.alias_removed", "fraud/scorer@champion")
    assert removed.data["version_id"] == "v0"
