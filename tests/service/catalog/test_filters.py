"""Every field of the filter language finds what it should, on both databases."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_manifest, a_model, a_version
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import (
    DataRef,
    Environment,
    ListQuery,
    Metric,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
    Visibility,
)
from modelkeep.domains.catalog.domain.fields import MAX_KEY, MAX_TAG_VALUE
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.filters import FilterSyntaxError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Number

CHURN = ModelName.parse("growth/churn_model")
FILES = {"a": b"1234567890"}

# The labels of the versions that each filter finds; {day} is the day on which c and d were made.
FOUND = {
    "": "abcd",
    "name = 'fraud/scorer'": "abc",
    "name ~ 'fraud/*'": "abc",
    "name ~ '*_model'": "d",
    "name ~ '*%*'": "",
    "name != 'fraud/scorer'": "d",
    "name !~ 'fraud/*'": "d",
    "name in ('fraud/scorer', 'absent')": "abc",
    "name not in ('fraud/scorer')": "d",
    "name > 'fraud/scorer'": "d",
    "namespace = growth": "d",
    "namespace exists": "abcd",
    "task = 'Tabular-classification'": "abc",
    "task ~ 'Tabular-*'": "abc",
    "task ~ 'tabular*'": "",
    "not task exists": "d",
    "owner = ada": "abc",
    "owner ~ 'b?b'": "abcd",
    "owner exists": "abcd",
    "owner = nobody": "",
    "version = 1.0.0": "a",
    "version = 1": "a",
    "version = 1.0": "a",
    "version >= 1.1": "cd",
    "version > 1.1.0-rc.1": "cd",
    "version < 1.1": "ab",
    "version ~ '^1'": "ac",
    "version ~ '>=1.1.0-rc.1 <2'": "bc",
    "version in (1.0.0, 2.0.0)": "ad",
    "version exists": "abcd",
    "prerelease = true": "b",
    "prerelease = false": "acd",
    "prerelease != true": "acd",
    "number = 1": "ad",
    "number >= 2": "bc",
    "number > 1.5": "bc",
    "number != 1": "bc",
    "number < 1e30": "abcd",
    "stage = Draft": "abcd",
    "stage != Draft": "",
    "alias = champion": "c",
    "alias ~ 'c*'": "ac",
    "not alias exists": "bd",
    "digest = '{digest}'": "d",
    "digest ~ 'sha256:*'": "abcd",
    "files = 1": "d",
    "files > 1": "abc",
    "size = 10": "d",
    "size >= 10.5": "abc",
    "created >= {day}": "cd",
    "created < {day}": "ab",
    "created > '{day}T00:00:00Z'": "cd",
    "created_by = '{admin}'": "abcd",
    "created_by = system": "",
    "changed >= {day}": "cd",
    "tag.team = 'risk'": "ad",
    "tag.team = risk": "ad",
    "tag.team != risk": "bc",
    "tag.team ~ 'r*'": "ad",
    "tag.team in ('risk', 'growth')": "abd",
    "tag.team exists": "abd",
    "not tag.team exists": "c",
    "tag.'a key with spaces' = 'it''s'": "a",
    'tag."a key with spaces" = "it\'s"': "a",
    "tag.release = 1.10": "ab",
    "tag.release = '1.10'": "a",
    "tag.release > 1": "ab",
    "tag.gpu = true": "a",
    "tag.gpu != true": "bcd",
    "tag.long ~ 'xxx*'": "a",
    "tag.long = '{long}'": "a",
    "tag.long != '{long}'": "bcd",
    "tag.Team = risk": "",
    "metric.auc >= 0.9": "ab",
    "metric.auc = 0.95": "b",
    "metric.auc < 0.8": "a",
    "metric.auc exists": "ab",
    "metric.auc != 0.95": "acd",
    "metric.'loss/val' < 1e-3": "b",
    "param.lr <= 0.01": "b",
    "param.lr = 0.1": "a",
    "param.lr = 1e-1": "a",
    "param.layers = 3": "a",
    "param.layers > 2.5": "a",
    "param.optimizer = adam": "a",
    "param.early = true": "a",
    "param.depth < 13": "b",
    "param.depth = '12'": "b",
    "param.optimizer in (adam, sgd)": "ab",
    "training_data.digest = 'sha256:aa'": "a",
    "training_data.uri ~ 's3://lake/*'": "ab",
    "training_data.name = rates": "a",
    "training_data.version = v1": "a",
    "training_data.license = MIT": "a",
    "training_data.rows >= 100": "a",
    "training_data.personal_data = true": "a",
    "training_data.personal_data = false": "b",
    "validation_data.name = val": "a",
    "validation_data.name exists": "a",
    "training_code.commit = abc123": "a",
    "training_code.repository ~ 'git@*'": "a",
    "training_code.dirty = false": "a",
    "training_code.entry_point exists": "a",
    "environment.image = img": "a",
    "environment.lock_file = 'uv.lock'": "b",
    "parent.reference = 'fraud/scorer:1.0.0'": "c",
    "parent.reference ~ 'https://*'": "c",
    "parent.relation = merged": "c",
    "name ~ 'fraud*' and tag.team = 'risk' and metric.auc >= 0.9 and version >= 1.0": "a",
    "tag.team = risk and tag.gpu = true and tag.team = risk": "a",
    "tag.team = growth or metric.auc >= 0.9": "ab",
    "not (tag.team = risk or alias = champion)": "b",
    "tag.team = risk and not (namespace = growth)": "a",
}


def records(base: str) -> dict[str, VersionRecord]:
    return {
        "a": VersionRecord(
            tags={
                "team": "risk",
                "a key with spaces": "it's",
                "release": "1.10",
                "gpu": "true",
                "long": "x" * 600,
            },
            metrics=(Metric("auc", 0.9), Metric("auc", 0.7, "test")),
            parameters={"lr": 0.1, "layers": 3, "optimizer": "adam", "early": True},
            training_data=(
                DataRef("s3://lake/a", "sha256:aa", "tx", "v1", 100, None, "MIT", personal_data=True),
                DataRef(name="rates"),
            ),
            validation_data=(DataRef(name="val"),),
            training_code=TrainingCode("git@example:fraud", "abc123", dirty=False, entry_point="train.py"),
            environment=Environment(image="img"),
        ),
        "b": VersionRecord(
            tags={"team": "growth", "release": "1.1"},
            metrics=(Metric("auc", 0.95), Metric("loss/val", 1e-4)),
            parameters={"lr": "0.01", "depth": "12", "optimizer": "sgd"},
            training_data=(DataRef("s3://lake/b", personal_data=False),),
            environment=Environment(lock_file="uv.lock"),
        ),
        "c": VersionRecord(
            parents=(Parent(base, Relation.MERGED), Parent("https://hub.example/base", Relation.MERGED)),
        ),
        "d": VersionRecord(tags={"team": "risk"}),
    }


@pytest.fixture
def facts(services: Services, admin: Actor, clock: ManualClock) -> Mapping[str, str]:
    """Fill the registry with the versions a to d, and return what filters need to know of them."""
    a_model(services, admin, task="Tabular-classification", owners=("ada", "bob"), visibility=Visibility.PUBLIC)
    a_model(services, admin, CHURN, owners=("bob",))
    record = records("fraud/scorer:1.0.0")
    a_version(services, admin, record=record["a"])
    a_version(services, admin, record=record["b"], version="1.1.0-rc.1")
    clock.advance(timedelta(days=1))
    a_version(services, admin, record=record["c"], version="1.1.0")
    last = a_version(services, admin, CHURN, record=record["d"], version="2.0.0", files=FILES)
    services.aliases.set(admin, SCORER, "champion", Number(3), seen=0)
    services.aliases.set(admin, SCORER, "canary", Number(1), seen=0)
    services.aliases.set(admin, SCORER, "former", Number(2), seen=0)
    services.aliases.remove(admin, SCORER, "former", seen=1)
    assert last.manifest_digest == a_manifest(FILES).digest
    return {
        "digest": str(last.manifest_digest),
        "day": f"{clock():%Y-%m-%d}",
        "admin": admin.id,
        "long": "x" * 600,
    }


LABELS = {"fraud/scorer:1.0.0": "a", "fraud/scorer:1.1.0-rc.1": "b", "fraud/scorer:1.1.0": "c"}


def labels(services: Services, admin: Actor, text: str) -> str:
    page = services.versions.list(admin, ListQuery(text), EVERYTHING)
    return "".join(sorted(LABELS.get(version.reference, "d") for version in page.items))


def test_every_field_of_a_version_can_be_filtered(services: Services, admin: Actor, facts: Mapping[str, str]) -> None:
    found = {text: labels(services, admin, text.format(**facts)) for text in FOUND}
    assert found == FOUND


def test_every_field_of_a_model_can_be_filtered(services: Services, admin: Actor, clock: ManualClock) -> None:
    a_model(
        services,
        admin,
        "fraud/a",
        description="Scores “cards”",
        task="tabular",
        owners=("ada", "bob"),
        tags={"team": "risk", "cost": "12.5"},
        visibility=Visibility.PRIVATE,
    )
    clock.advance(timedelta(days=1))
    a_model(services, admin, "growth/b", visibility=Visibility.INTERNAL, owners=("bob",), tags={"team": "growth"})
    a_version(services, admin, "growth/b")
    services.aliases.set(admin, ModelName.parse("growth/b"), "champion", Number(1), seen=0)
    day = f"{clock():%Y-%m-%d}"
    expected = {
        "": "ab",
        "name ~ '*/a'": "a",
        "namespace = growth": "b",
        "description ~ '*“cards”*'": "a",
        "description exists": "a",
        "task = tabular": "a",
        "visibility = private": "a",
        "visibility in (private, internal)": "ab",
        "owner = ada": "a",
        "owner = bob": "ab",
        "owner exists": "ab",
        "owner != ada": "b",
        "alias = champion": "b",
        "alias exists": "b",
        "versions = 0": "a",
        "versions > 0.5": "b",
        f"created >= {day}": "b",
        f"changed < {day}": "a",
        f"created_by = '{admin.id}'": "ab",
        "tag.team = risk": "a",
        "tag.cost > 12": "a",
        "not tag.cost exists": "b",
    }

    def found(text: str) -> str:
        return "".join(model.name.name for model in services.models.list(admin, ListQuery(text), EVERYTHING).items)

    assert {text: found(text) for text in expected} == expected


def test_every_field_of_a_namespace_can_be_filtered(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "fraud", description="All of fraud")
    expected = {
        "": "default fraud",
        "name ~ 'f*'": "fraud",
        "description ~ 'All*'": "fraud",
        "created > '2020-01-01'": "default fraud",
        "created_by = system": "default",
    }

    def found(text: str) -> str:
        return " ".join(item.name for item in services.namespaces.list(admin, ListQuery(text), EVERYTHING).items)

    assert {text: found(text) for text in expected} == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("nmae = 'x'", 0),
        ("name = 'x' and tag = 'y'", 15),
        ("metric.auc >= '0.9'", 14),
        ("metric.auc ~ 0.9", 13),
        ("metric.auc in (0.9, high)", 20),
        ("version = one", 10),
        ("version ~ 'one'", 10),
        ("version = 1e5", 10),
        ("training_data.size > 1", 0),
        ("param.early > true", 14),
        ("name = 'x", 7),
        ("name ~~ 'x'", 5),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_filter_that_cannot_be_meant_is_refused_at_its_place(
    services: Services, admin: Actor, text: str, position: int
) -> None:
    with pytest.raises(FilterSyntaxError) as refusal:
        services.versions.list(admin, ListQuery(text), EVERYTHING)
    assert (refusal.value.kind, refusal.value.details["position"]) == (Kind.INVALID, position)


def test_what_is_changed_or_removed_is_found_no_more(services: Services, admin: Actor) -> None:
    a_model(services, admin, tags={"team": "risk"}, owners=("ada",))
    first = a_version(services, admin, record=VersionRecord(tags={"team": "risk"}, metrics=(Metric("auc", 0.5),)))
    services.versions.set_tag(admin, SCORER, Number(1), "team", "growth", seen=1)
    services.versions.log_metrics(admin, SCORER, Number(1), (Metric("auc", 0.9),))
    assert labels(services, admin, "tag.team = risk or metric.auc < 0.9") == ""
    assert labels(services, admin, "tag.team = growth and metric.auc = 0.9") == "a"
    services.versions.delete(admin, SCORER, Number(1), seen=3)
    assert labels(services, admin, "tag.team = growth") == ""
    deleted = services.versions.list(admin, ListQuery("tag.team = growth", deleted=True), EVERYTHING).items
    assert [version.id for version in deleted] == [first.id]
    services.versions.restore(admin, SCORER, Number(1))
    services.models.delete(admin, SCORER, seen=1)
    assert labels(services, admin, "") == ""
    assert services.models.list(admin, ListQuery(), EVERYTHING).items == ()
    gone = services.models.list(admin, ListQuery("owner = ada", deleted=True), EVERYTHING).items
    assert [model.name for model in gone] == [SCORER]


def test_the_longest_texts_of_the_widest_characters_are_kept_and_found(services: Services, admin: Actor) -> None:
    wide = "".join(chr(0x20000 + number * 7919 % 42_000) for number in range(MAX_TAG_VALUE))  # four bytes in UTF-8
    key, value = wide[:MAX_KEY], wide
    a_model(services, admin, tags={key: value})
    a_version(services, admin, record=VersionRecord(tags={key: value}, parameters={key: value}))
    assert labels(services, admin, f"tag.'{key}' ~ '{value[:50]}*'") == "a"
    assert labels(services, admin, f"tag.'{key}' = '{value[:3000]}'") == ""
    assert labels(services, admin, f"param.'{key}' exists") == "a"


def test_texts_that_differ_after_what_the_index_holds_are_told_apart(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    for end in "ab":
        a_version(services, admin, record=VersionRecord(tags={"note": "x" * 1000 + end}))
    assert labels(services, admin, f"tag.note = '{'x' * 1000}a'") == "a"
    assert labels(services, admin, "tag.note ~ 'x*'") == "ad"
