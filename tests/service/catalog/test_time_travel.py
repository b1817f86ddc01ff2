"""What was true at a time, who made it so, and the audit entry that says it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import Erasure
from modelkeep.domains.catalog import ListQuery, Metric, ModelDetails, ModelVersion, VersionRecord, Visibility
from modelkeep.domains.catalog.domain.errors import (
    AliasNotFoundError,
    ModelNotFoundError,
    NamespaceNotFoundError,
    VersionNotFoundError,
)
from modelkeep.kernel.filters import FilterSyntaxError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Number, Reference

FIRST = Number(1)
LONG = "é" * 400


@pytest.fixture
def later(clock: ManualClock) -> Callable[[], datetime]:
    """Return the time it is, an hour after all that was done before."""

    def move() -> datetime:
        clock.advance(timedelta(hours=1))
        return clock()

    return move


def at(services: Services, admin: Actor, time: datetime, selector: str = ":1") -> ModelVersion:
    return services.versions.resolve(admin, Reference.parse(f"{SCORER}{selector} as of {time.isoformat()}"))


def test_a_model_is_shown_as_it_was(services: Services, admin: Actor, later: Callable[[], datetime]) -> None:
    made = a_model(services, admin, owners=("ana", "bea"), tags={"team": "risk", "long": LONG}, task="ranking")
    first = later()
    details = ModelDetails(description=LONG, task="", visibility=Visibility.PUBLIC, owners=("bea", "cem", "ana"))
    services.models.update(admin, SCORER, details, seen=None)
    services.models.remove_tag(admin, SCORER, "team", seen=None)
    changed = services.models.set_tag(admin, SCORER, "long", "short", seen=None).value
    a_version(services, admin)
    second = later()
    services.models.delete(admin, SCORER, seen=None)
    third = later()
    services.models.restore(admin, SCORER)

    def then(time: datetime) -> object:
        return services.models.get(admin, SCORER, as_of=time)

    assert then(first) == made
    assert then(made.created_at) == made
    assert services.models.get(admin, SCORER, as_of=second).last_number == 1
    assert then(changed.changed_at) == changed
    for time in (third, made.created_at - timedelta(microseconds=1)):
        with pytest.raises(ModelNotFoundError, match="there was no model fraud/scorer then"):
            then(time)
    assert services.models.list(admin, ListQuery(deleted=True, as_of=third), EVERYTHING).items[0].deleted_at
    assert services.models.list(admin, ListQuery(as_of=third), EVERYTHING).items == ()
    now = services.models.get(admin, SCORER)
    assert then(later()) == now


def test_a_version_is_shown_as_it_was(services: Services, admin: Actor, later: Callable[[], datetime]) -> None:
    a_model(services, admin)
    metrics = (Metric("auc", 0.9), Metric("auc", 0.8, "test", "eu", 7), Metric("auc", -0.0, "test"))
    record = VersionRecord(description="first", tags={"team": "risk"}, metrics=metrics, parameters={"lr": 0.1})
    made = a_version(services, admin, record=record)
    states = [made]
    later()
    states.append(services.versions.describe(admin, SCORER, FIRST, description=LONG, seen=None).value)
    states.append(services.versions.set_tag(admin, SCORER, FIRST, "team", "growth", seen=None).value)
    states.append(services.versions.log_metrics(admin, SCORER, FIRST, (Metric("auc", 0.95), Metric("f1", 1))).value)
    states.append(services.versions.remove_tag(admin, SCORER, FIRST, "team", seen=None).value)
    for state in states:
        assert at(services, admin, state.changed_at) == state
    services.versions.delete(admin, SCORER, FIRST, seen=None)
    deleted = later()
    services.versions.restore(admin, SCORER, FIRST)
    assert at(services, admin, later()) == services.versions.resolve(admin, Reference.parse(f"{SCORER}:1"))
    with pytest.raises(VersionNotFoundError):
        at(services, admin, deleted)
    assert services.versions.list(admin, ListQuery(as_of=deleted), EVERYTHING).items == ()
    (gone,) = services.versions.list(admin, ListQuery(as_of=deleted, deleted=True), EVERYTHING, model=SCORER).items
    assert (gone.deleted_at, gone.revision) == (gone.changed_at, 6)


def test_an_alias_says_who_pointed_it_there_and_by_which_entry(
    services: Services, admin: Actor, later: Callable[[], datetime]
) -> None:
    a_model(services, admin)
    a_version(services, admin)
    a_version(services, admin)
    before = later()
    first = services.aliases.set(admin, SCORER, "champion", FIRST, seen=None)
    then = later()
    second = services.aliases.set(admin, SCORER, "champion", Number(2), seen=None)
    moved = later()
    services.aliases.remove(admin, SCORER, "champion", seen=None)

    shown = services.aliases.get(admin, SCORER, "champion", as_of=then)
    assert (shown.number, shown.entry, shown.until, shown.ended_by) == (1, first.receipt, None, None)
    assert services.aliases.list(admin, SCORER, EVERYTHING, as_of=then).items == (shown,)
    assert services.aliases.history(admin, SCORER, "champion", EVERYTHING, as_of=then).items == (shown,)
    history = services.aliases.history(admin, SCORER, "champion", EVERYTHING).items
    assert [interval.entry for interval in history] == [second.receipt, first.receipt]
    found = at(services, admin, moved, "@champion")
    assert (found.number, found.aliases) == (2, ("champion",))
    assert found.found_by is not None
    assert (found.found_by.name, found.found_by.since) == ("champion", second.value.since)
    assert (found.found_by.set_by, found.found_by.entry) == (admin.id, second.receipt)
    for absent in (before, later()):
        with pytest.raises(AliasNotFoundError):
            services.aliases.get(admin, SCORER, "champion", as_of=absent)
        with pytest.raises(VersionNotFoundError):
            at(services, admin, absent, "@champion")


def test_a_stage_says_since_when_and_by_which_entry(
    services: Services, admin: Actor, later: Callable[[], datetime]
) -> None:
    a_model(services, admin)
    version = a_version(services, admin)
    now = services.versions.resolve(admin, Reference.parse(f"{SCORER}@draft"))
    for found in (now, at(services, admin, later(), "@draft")):
        assert found.found_by is not None
        assert (found.found_by.name, found.found_by.since, found.found_by.is_stage) == (
            "Draft",
            version.created_at,
            True,
        )
        (stage,) = services.models.stages(admin, SCORER, EVERYTHING).items
        assert stage.entry == found.found_by.entry
        assert stage.entry is not None
    assert services.models.stages(admin, SCORER, EVERYTHING, as_of=later()).items == (stage,)


def test_tags_have_a_history(services: Services, admin: Actor, later: Callable[[], datetime]) -> None:
    a_model(services, admin, tags={"team": "risk"})
    a_version(services, admin)
    first = later()
    entries = [
        services.versions.set_tag(admin, SCORER, FIRST, "by", LONG, seen=None).receipt,
        services.versions.set_tag(admin, SCORER, FIRST, "by", "bea", seen=None).receipt,
    ]
    second = later()
    services.versions.remove_tag(admin, SCORER, FIRST, "by", seen=None)
    moved = services.models.set_tag(admin, SCORER, "team", "growth", seen=None).receipt

    reference = Reference.parse(f"{SCORER}:1")
    then = Reference.parse(f"{SCORER}:1 as of {second.isoformat()}")
    assert services.versions.tags(admin, reference, EVERYTHING).items == ()
    (tag,) = services.versions.tags(admin, then, EVERYTHING).items
    assert (tag.key, tag.value, tag.set_by, tag.until, tag.entry) == ("by", "bea", admin.id, None, entries[1])
    history = services.versions.tags(admin, reference, EVERYTHING, key="by").items
    assert [(one.value, one.entry) for one in history] == [("bea", entries[1]), (LONG, entries[0])]
    assert history[1].until == history[0].since
    assert [tag.value for tag in services.models.tags(admin, SCORER, EVERYTHING, as_of=first).items] == ["risk"]
    (team,) = services.models.tags(admin, SCORER, EVERYTHING).items
    assert (team.value, team.entry) == ("growth", moved)
    page = services.models.tags(admin, SCORER, PageRequest(1), key="team")
    assert page.next_token is not None
    (older,) = services.models.tags(admin, SCORER, PageRequest(1, page.next_token), key="team").items
    assert older.value == "risk"


def test_namespaces_are_shown_as_they_were(services: Services, admin: Actor, later: Callable[[], datetime]) -> None:
    services.namespaces.create(admin, "fraud", description="first")
    first = later()
    services.namespaces.describe(admin, "fraud", description="second", seen=None)
    second = later()
    services.namespaces.delete(admin, "fraud", seen=None)
    third = later()
    services.namespaces.create(admin, "fraud", description="third")

    def names(time: datetime | None) -> list[tuple[str, int]]:
        listed = services.namespaces.list(admin, ListQuery("name = 'fraud'", as_of=time), EVERYTHING).items
        return [(namespace.description, namespace.revision) for namespace in listed]

    assert [names(time) for time in (first, second, third, None)] == [
        [("first", 1)],
        [("second", 2)],
        [],
        [("third", 1)],
    ]
    assert services.namespaces.get(admin, "fraud", as_of=second).description == "second"
    for time in (third, first - timedelta(days=1)):
        with pytest.raises(NamespaceNotFoundError):
            services.namespaces.get(admin, "fraud", as_of=time)


FILTERS = {
    "tag.team = 'risk'": True,
    "tag.team != 'risk'": False,
    "tag.team ~ 'r*'": True,
    "tag.gone exists": True,
    "tag.lr > 0.4": True,
    "metric.auc > 0.85": True,
    "metric.auc > 0.95": False,
    "alias = 'champion'": True,
    "stage = 'Draft'": True,
    "stage != 'Draft'": False,
    "owner = 'ana'": True,
    "task = 'ranking'": True,
    "task exists": True,
    "name ~ 'fraud/*'": True,
    "version >= 1.0": True,
    "number = 1": True,
    "param.lr = 0.1": True,
}


def test_a_search_compares_what_was(services: Services, admin: Actor, later: Callable[[], datetime]) -> None:
    a_model(services, admin, owners=("ana",), task="ranking", tags={"team": "risk"})
    tags = {"team": "risk", "gone": "", "lr": "0.5"}
    metrics = (Metric("auc", 0.9),)
    a_version(services, admin, record=VersionRecord(tags=tags, metrics=metrics, parameters={"lr": 0.1}))
    services.aliases.set(admin, SCORER, "champion", FIRST, seen=None)
    then = later()
    services.models.update(admin, SCORER, ModelDetails(task="", owners=()), seen=None)
    services.models.set_tag(admin, SCORER, "team", "growth", seen=None)
    services.versions.set_tag(admin, SCORER, FIRST, "team", "growth", seen=None)
    services.versions.remove_tag(admin, SCORER, FIRST, "gone", seen=None)
    services.versions.set_tag(admin, SCORER, FIRST, "lr", "0.1", seen=None)
    services.versions.log_metrics(admin, SCORER, FIRST, (Metric("auc", 0.5),))
    services.aliases.remove(admin, SCORER, "champion", seen=None)
    a_version(services, admin)
    for filter_, expected in FILTERS.items():
        listed = services.versions.list(admin, ListQuery(filter_, as_of=then), EVERYTHING).items
        assert [version.number for version in listed] == [1] * expected, filter_
    for filter_, expected in {
        "tag.team = 'risk'": True,
        "task = ''": False,
        "owner = 'ana'": True,
        "alias = 'champion'": True,
        "versions = 1": True,
        "visibility = 'public'": False,
        "description = ''": True,
        f"changed < '{then.isoformat()}'": True,
    }.items():
        models = services.models.list(admin, ListQuery(filter_, as_of=then), EVERYTHING).items
        assert len(models) == expected, filter_
    assert services.models.list(admin, ListQuery(as_of=then, order="changed desc"), EVERYTHING).items


@pytest.mark.parametrize("order", ["created", "changed desc", "number", "version desc", "size"])
def test_pages_of_the_past_are_complete(
    services: Services, admin: Actor, later: Callable[[], datetime], order: str
) -> None:
    a_model(services, admin)
    for _ in range(4):
        a_version(services, admin)
    services.versions.set_tag(admin, SCORER, Number(2), "team", "risk", seen=None)
    query = ListQuery(order=order, as_of=later())
    a_version(services, admin)
    seen, page = [], services.versions.list(admin, query, PageRequest(1))
    while True:
        seen += [version.number for version in page.items]
        if page.next_token is None:
            break
        page = services.versions.list(admin, query, PageRequest(1, page.next_token))
    assert sorted(seen) == [1, 2, 3, 4]


def test_an_order_without_a_past_is_refused(services: Services, admin: Actor, clock: ManualClock) -> None:
    with pytest.raises(FilterSyntaxError, match="there are changed, created, number, size, version"):
        services.versions.list(admin, ListQuery(order="metric.auc desc", as_of=clock()), EVERYTHING)


def test_content_of_a_version_that_is_deleted_now_is_there_at_its_time(
    services: Services, admin: Actor, later: Callable[[], datetime]
) -> None:
    a_model(services, admin)
    version = a_version(services, admin, files={"a": b"a"})
    then = later()
    services.versions.delete(admin, SCORER, FIRST, seen=None)
    digest, _ = services.content.manifest(admin, SCORER, FIRST, as_of=then)
    assert digest == version.manifest_digest
    opened = services.content.open_file(admin, SCORER, FIRST, "a", as_of=then)
    assert b"".join(opened.source.read(0, 1)) == b"a"
    (blob,) = services.content.open_batch(admin, SCORER, FIRST, [opened.entry.digest], as_of=then)
    assert blob.digest == opened.entry.digest
    with pytest.raises(VersionNotFoundError):
        services.content.manifest(admin, SCORER, FIRST)


def test_a_clock_that_goes_back_keeps_changes_in_order(services: Services, admin: Actor, clock: ManualClock) -> None:
    a_model(services, admin)
    a_version(services, admin)
    states = [services.versions.set_tag(admin, SCORER, FIRST, "n", "0", seen=None).value]
    for number in range(1, 4):
        clock.advance(-timedelta(hours=1))
        states.append(services.versions.set_tag(admin, SCORER, FIRST, "n", str(number), seen=None).value)
    times = [state.changed_at for state in states]
    assert times == [times[0] + timedelta(microseconds=place) for place in range(4)]
    for state in states:
        assert at(services, admin, state.changed_at) == state


def test_what_is_erased_from_the_log_is_gone_from_the_past(
    services: Services, admin: Actor, later: Callable[[], datetime]
) -> None:
    a_model(services, admin, owners=("ana",), tags={"team": "risk", "lr": "1"}, description=LONG)
    a_version(services, admin, record=VersionRecord(description="by ana", tags={"team": "risk"}))
    then = later()
    services.models.update(admin, SCORER, ModelDetails(description="", owners=("bea",)), seen=None)
    services.models.set_tag(admin, SCORER, "team", "growth", seen=None)
    services.versions.set_tag(admin, SCORER, FIRST, "team", "growth", seen=None)
    now = services.models.get(admin, SCORER)

    services.audit_privacy.erase(admin, Erasure("asked to", subject=str(SCORER), fields=("description", "tag:team")))
    past = services.models.get(admin, SCORER, as_of=then)
    assert (past.description, past.tags, past.owners) == ("(erased)", {"lr": "1", "team": "(erased)"}, ("ana",))
    assert at(services, admin, then).record.tags == {"team": "risk"}
    services.audit_privacy.erase(admin, Erasure("asked to", within="fraud"))
    assert services.models.get(admin, SCORER, as_of=then).owners == ("(erased)",)
    version = at(services, admin, then)
    assert (version.record.tags, version.record.description) == ({"team": "(erased)"}, "by ana")
    assert services.models.get(admin, SCORER) == now
    history = services.models.tags(admin, SCORER, EVERYTHING, key="team").items
    assert [(tag.value, tag.set_by) for tag in history] == [("growth", admin.id), ("(erased)", admin.id)]
