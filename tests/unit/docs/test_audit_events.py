import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from tests.unit.docs.pages import SOURCE, codes, table

from modelkeep.domains.audit.domain.leaf import leaf_of
from modelkeep.domains.catalog.domain.aliases import AliasInterval, alias_removed, alias_set
from modelkeep.domains.catalog.domain.models import Model, ModelDetails, Namespace, Visibility
from modelkeep.domains.catalog.domain.records import Metric, VersionRecord
from modelkeep.domains.catalog.domain.versions import DRAFT, ModelVersion
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ANA = Actor(PrincipalId("ana"), "Ana", PrincipalKind.USER, frozenset())
SCORER = ModelName("fraud", "scorer")
MADE_BY_A_SERVICE = {"access.principal_created", "access.token_created"}
"""Events that no value of a domain makes: their data is checked by reading."""


def a_model() -> Model:
    return Model(
        id="m",
        name=SCORER,
        description="",
        task="",
        visibility=Visibility.INTERNAL,
        owners=(),
        tags={"team": "risk"},
        last_number=1,
        created_at=NOW,
        created_by=ANA.id,
        changed_at=NOW,
        changed_by=ANA.id,
    )


def a_version() -> ModelVersion:
    return ModelVersion(
        id="v",
        model_id="m",
        model=SCORER,
        number=1,
        version=Version.parse("1.0.0"),
        stage=DRAFT,
        manifest_digest=Digest.of(b""),
        file_count=0,
        total_size=0,
        record=VersionRecord(tags={"team": "risk"}, metrics=(Metric("auc", 0.94),)),
        aliases=(),
        created_at=NOW,
        created_by=ANA.id,
        changed_at=NOW,
        changed_by=ANA.id,
    )


def events() -> Iterator[Event]:
    """Yield what each rule of the catalog records."""
    namespace, model, version = Namespace("fraud", "", NOW, ANA.id), a_model(), a_version()
    interval = AliasInterval("champion", version.id, 1, version.version, NOW, ANA.id, revision=1)
    yield namespace.created(ANA)
    yield namespace.describe("new", ANA, NOW)[1]
    yield namespace.deleted(ANA, NOW)
    yield model.created(ANA)
    yield model.update(ModelDetails(description="new", task="new", owners=("ana",)), ANA, NOW)[1]
    yield model.tag("team", "fraud", ANA, NOW)[1]
    yield model.untag("team", ANA, NOW)[1]
    yield model.delete(ANA, NOW)[1]
    yield replace(model, deleted_at=NOW).restore(ANA, NOW)[1]
    yield version.registered(ANA)
    yield version.describe("new", ANA, NOW)[1]
    yield version.tag("team", "fraud", ANA, NOW)[1]
    yield version.untag("team", ANA, NOW)[1]
    yield version.measure((Metric("auc", 0.95),), ANA, NOW)[1]
    yield version.delete(ANA, NOW)[1]
    yield replace(version, deleted_at=NOW).restore(ANA, NOW)[1]
    yield alias_set(version, "champion", None, ANA, NOW)
    yield alias_removed(SCORER, interval, ANA, NOW)


def rows() -> dict[str, dict[str, str]]:
    return {codes(row["Event"])[0]: row for row in table("reference/audit-events.md", "Event")}


@cache
def names_in_source() -> set[str]:
    """Return the first argument of every `Event(...)` and `_event(...)` that is a text."""
    calls = [
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in {"Event", "_event"} and isinstance(call.args[0], ast.Constant)
    }


def test_every_event_is_documented_and_no_other() -> None:
    assert set(rows()) == names_in_source()


def test_the_rules_above_make_every_event_of_the_catalog() -> None:
    assert {event.name for event in events()} == names_in_source() - MADE_BY_A_SERVICE


def test_the_documented_data_and_texts_are_what_an_event_carries() -> None:
    for event in events():
        row = rows()[event.name]
        texts = {"tag:KEY" if name.startswith("tag:") else name for name in event.texts}
        assert (set(codes(row["Data"])), set(codes(row["Texts"]))) == (set(event.data), texts), event.name


def test_the_documented_subject_has_the_form_of_the_real_one() -> None:
    forms = {"namespace": "fraud", "namespace/model": "fraud/scorer", "namespace/model:version": "fraud/scorer:1.0.0"}
    forms["namespace/model@alias"] = "fraud/scorer@champion"
    for event in events():
        assert event.subject == forms[codes(rows()[event.name]["Subject"])[0]], event.name


def test_the_members_of_a_leaf_are_documented_and_no_other() -> None:
    leaf = leaf_of(next(events()), seq=0, at=NOW, texts={})
    documented = {name for row in table("reference/audit-events.md", "Member") for name in codes(row["Member"])}
    assert documented == set(json.loads(leaf.payload))
