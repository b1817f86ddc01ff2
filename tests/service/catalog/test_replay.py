"""Replaying the audit log to any time equals what `as_of` answers, whatever was done and whatever the clock did."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import EVERYTHING, register
from tests.registries import ManualClock, registry
from tests.service.catalog.replayed import World, log_of, model_as_told, replay, version_as_told
from tests.soak import rounds

from modelkeep.app.bootstrap import Services
from modelkeep.app.settings import Settings
from modelkeep.domains.catalog import (
    ListQuery,
    Metric,
    ModelDetails,
    NewDeprecation,
    NewModel,
    VersionRecord,
    Visibility,
)
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.references import ModelName, Number, Reference

Do = Callable[["Registry"], object]

MOMENT = timedelta(microseconds=1)
numbers = st.sampled_from([1, 1, 2]).map(Number)
keys = st.sampled_from(["team", "by"])
texts = st.sampled_from(["", "risk", "growth", "é" * 301])
aliases = st.sampled_from(["champion", "canary"])
metrics = st.builds(
    Metric, st.just("auc"), st.floats(0, 1), st.sampled_from([None, "", "test"]), st.none(), st.sampled_from([None, 7])
)
details = st.builds(
    ModelDetails,
    st.none() | texts,
    st.none() | texts,
    st.none() | st.sampled_from(Visibility),
    st.none() | st.sampled_from([(), ("ana",), ("bea", "ana")]),
)
jumps = st.sampled_from([timedelta(hours=1), MOMENT, timedelta(0), -MOMENT, -timedelta(hours=2)])


class Registry:
    """A registry, and a namespace of it that nobody else uses."""

    serial = count(1)

    def __init__(self, services: Services, admin: Actor, clock: ManualClock) -> None:
        self.services, self.admin, self.clock = services, admin, clock
        self.namespace = f"ns{next(self.serial)}"
        self.model = ModelName(self.namespace, "scorer")
        self.services.namespaces.create(admin, self.namespace, description="")
        self.services.models.create(admin, NewModel(self.model, tags={"team": "risk"}))
        register(services, admin, self.model, files={"a": b"a"})


def do(make: Callable[..., Do], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Do]:
    return st.builds(make, *parts)


changes: st.SearchStrategy[Do] = st.one_of(
    do(lambda jump: lambda r: r.clock.advance(jump), jumps),
    do(lambda jump: lambda r: r.clock.advance(jump), jumps),
    do(
        lambda content, said, found: (
            lambda r: register(
                r.services,
                r.admin,
                r.model,
                files={"a": content},
                record=VersionRecord(description=said, metrics=found),
            )
        ),
        st.sampled_from([b"a", b"b", b"c"]),
        texts,
        st.tuples(metrics),
    ),
    do(
        lambda n, k, v: lambda r: r.services.versions.set_tag(r.admin, r.model, n, k, v, seen=None),
        numbers,
        keys,
        texts,
    ),
    do(lambda n, k: lambda r: r.services.versions.remove_tag(r.admin, r.model, n, k, seen=None), numbers, keys),
    do(lambda n, m: lambda r: r.services.versions.log_metrics(r.admin, r.model, n, (m,)), numbers, metrics),
    do(
        lambda n, said: lambda r: r.services.versions.describe(r.admin, r.model, n, description=said, seen=None),
        numbers,
        texts,
    ),
    do(lambda n: lambda r: r.services.versions.delete(r.admin, r.model, n, seen=None), numbers),
    do(lambda n: lambda r: r.services.versions.restore(r.admin, r.model, n), numbers),
    do(lambda n: lambda r: r.services.versions.quarantine(r.admin, r.model, n, reason="leaks"), numbers),
    do(lambda n: lambda r: r.services.versions.release(r.admin, r.model, n, reason="does not"), numbers),
    do(
        lambda n, said: (
            lambda r: r.services.versions.deprecate(r.admin, r.model, n, NewDeprecation(notice=said), seen=None)
        ),
        numbers,
        texts.filter(lambda said: len(said) < 10),
    ),
    do(lambda n: lambda r: r.services.versions.undeprecate(r.admin, r.model, n, seen=None), numbers),
    do(lambda a, n: lambda r: r.services.aliases.set(r.admin, r.model, a, n, seen=None), aliases, numbers),
    do(lambda a: lambda r: r.services.aliases.remove(r.admin, r.model, a, seen=None), aliases),
    do(lambda k, v: lambda r: r.services.models.set_tag(r.admin, r.model, k, v, seen=None), keys, texts),
    do(lambda k: lambda r: r.services.models.remove_tag(r.admin, r.model, k, seen=None), keys),
    do(lambda said: lambda r: r.services.models.update(r.admin, r.model, said, seen=None), details),
    do(lambda: lambda r: r.services.models.delete(r.admin, r.model, seen=None)),
    do(lambda: lambda r: r.services.models.restore(r.admin, r.model)),
    do(lambda said: lambda r: r.services.namespaces.describe(r.admin, r.namespace, description=said, seen=None), texts),
    do(lambda: lambda r: r.services.namespaces.create(r.admin, f"{r.namespace}-empty", description="")),
    do(lambda: lambda r: r.services.namespaces.delete(r.admin, f"{r.namespace}-empty", seen=None)),
)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still unless it is moved."""
    return ManualClock(step=timedelta(0))


@pytest.fixture
def registered(settings: Settings, clock: ManualClock) -> Iterator[tuple[Services, Actor]]:
    with registry(settings, clock) as (services, token):
        yield services, services.authentication.authenticate(token, RequestInfo("test"))


def check(world: World, r: Registry, at: datetime) -> None:
    """Compare all lists and references as of a time with the world that the log tells of."""
    listed = r.services.namespaces.list(r.admin, ListQuery(f"name ~ '{r.namespace}*'", as_of=at), EVERYTHING).items
    shown = {item.name: {name: getattr(item, name) for name in item.__slots__ if name != "name"} for item in listed}
    known = {name: state for name, state in world.namespaces.items() if name.startswith(r.namespace)}
    assert shown == known
    within = f"namespace = '{r.namespace}'"
    models = {
        str(item.name): model_as_told(item)
        for deleted in (False, True)
        for item in r.services.models.list(r.admin, ListQuery(within, deleted=deleted, as_of=at), EVERYTHING).items
    }
    assert models == world.models
    found = {
        item.reference: item
        for deleted in (False, True)
        for item in r.services.versions.list(r.admin, ListQuery(within, deleted=deleted, as_of=at), EVERYTHING).items
    }
    there = all(model.deleted_at is None for model in world.models.values())
    assert {name: version_as_told(item) for name, item in found.items()} == (world.versions if there else {})
    if there and world.models:
        check_aliases(world, r, at, {item.id: item.aliases for item in found.values()})


def check_aliases(world: World, r: Registry, at: datetime, held: dict[str, tuple[str, ...]]) -> None:
    listed = r.services.aliases.list(r.admin, r.model, EVERYTHING, as_of=at).items
    shown = {f"{r.model}@{item.name}": item for item in listed}
    assert shown.keys() == world.aliases.keys()
    for name, alias in world.aliases.items():
        item = shown[name]
        assert item.entry is not None
        assert (item.entry.seq, item.entry.leaf_hash) == alias["entry"]
        assert {key: getattr(item, key) for key in alias if key != "entry"} == {
            key: value for key, value in alias.items() if key != "entry"
        }
        assert item.name in held[item.version_id]
        assert r.services.versions.resolve(r.admin, Reference.parse(name).at(at)).number == alias["number"]
    tags = r.services.models.tags(r.admin, r.model, EVERYTHING, as_of=at).items
    assert {tag.key: tag.value for tag in tags} == world.models[str(r.model)].tags
    assert all(tag.entry for tag in tags)


@settings(max_examples=rounds(12, 400), suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(
    steps=st.lists(changes, min_size=5, max_size=25),
    places=st.lists(st.tuples(st.integers(0, 100), st.sampled_from([-MOMENT, timedelta(0), MOMENT])), min_size=6),
)
def test_the_log_replayed_to_any_time_is_the_answer_as_of_it(
    registered: tuple[Services, Actor], clock: ManualClock, steps: list[Do], places: list[tuple[int, timedelta]]
) -> None:
    mine = Registry(*registered, clock)
    for step in steps:
        with suppress(RegistryError):
            step(mine)
    log = log_of(mine.services, mine.namespace, f"{mine.namespace}-empty")
    times = sorted(told.at for told in log)
    for place, shift in places:
        at = times[place % len(times)] + shift
        check(replay(log, at), mine, at)
    end = max(times[-1], clock()) + timedelta(days=1)
    check(replay(log, end), mine, end)
    for model in mine.services.models.list(mine.admin, ListQuery(f"name = '{mine.model}'"), EVERYTHING).items:
        assert model == mine.services.models.get(mine.admin, mine.model, as_of=end)
    for version in mine.services.versions.list(mine.admin, ListQuery(f"name = '{mine.model}'"), EVERYTHING).items:
        then = Reference.parse(version.reference).at(end)
        assert version == mine.services.versions.resolve(mine.admin, then)
