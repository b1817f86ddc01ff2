"""Aliases move, and every move stays on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.registries import START, ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.catalog.domain.errors import AliasNotFoundError, InvalidRecordError, VersionNotFoundError
from modelkeep.kernel.errors import InvalidValueError, StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Number, Reference, parse_selector


@pytest.fixture
def versions(services: Services, admin: Actor) -> list[ModelVersion]:
    a_model(services, admin)
    return [a_version(services, admin) for _ in range(3)]


def point(services: Services, admin: Actor, number: int, name: str = "champion") -> int:
    return services.aliases.set(admin, SCORER, name, Number(number), seen=None).value.revision


def held(services: Services, admin: Actor, name: str = "champion") -> list[int]:
    return [interval.number for interval in services.aliases.history(admin, SCORER, name, EVERYTHING).items]


@pytest.mark.usefixtures("versions")
def test_an_alias_points_to_a_version_and_the_version_shows_it(services: Services, admin: Actor) -> None:
    made = services.aliases.set(admin, SCORER, "champion", parse_selector("^1"), seen=0)
    assert made.receipt is not None
    assert (made.value.number, str(made.value.version), made.value.revision) == (3, "1.0.2", 1)
    assert (made.value.set_by, made.value.until, made.value.ended_by) == (admin.id, None, None)
    assert services.aliases.get(admin, SCORER, "champion") == made.value
    point(services, admin, 3, "canary")
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer:3")).aliases == ("canary", "champion")
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer:2")).aliases == ()


@pytest.mark.usefixtures("versions")
def test_an_alias_moves_and_its_history_says_from_when_to_when(services: Services, admin: Actor) -> None:
    for number in (1, 2, 1):
        point(services, admin, number)
    newest, middle, oldest = services.aliases.history(admin, SCORER, "champion", EVERYTHING).items
    assert [newest.number, middle.number, oldest.number] == [1, 2, 1]
    assert [newest.revision, middle.revision, oldest.revision] == [3, 2, 1]
    assert (oldest.until, middle.until, newest.until) == (middle.since, newest.since, None)
    assert (oldest.ended_by, middle.ended_by, newest.ended_by) == (admin.id, admin.id, None)


@pytest.mark.usefixtures("versions")
def test_an_alias_that_points_there_already_is_left_alone(services: Services, admin: Actor) -> None:
    made = services.aliases.set(admin, SCORER, "champion", Number(2), seen=0).value
    again = services.aliases.set(admin, SCORER, "champion", parse_selector("1.0.1"), seen=1)
    assert (again.receipt, again.value) == (None, made)
    assert held(services, admin) == [2]


@pytest.mark.usefixtures("versions")
def test_an_alias_moves_only_for_who_has_seen_where_it_is(services: Services, admin: Actor) -> None:
    with pytest.raises(StaleRevisionError):
        services.aliases.set(admin, SCORER, "champion", Number(1), seen=1)
    services.aliases.set(admin, SCORER, "champion", Number(1), seen=0)
    for seen in (0, 2):
        with pytest.raises(StaleRevisionError, match="champion has moved meanwhile"):
            services.aliases.set(admin, SCORER, "champion", Number(2), seen=seen)
        with pytest.raises(StaleRevisionError):
            services.aliases.remove(admin, SCORER, "champion", seen=seen)
    services.aliases.set(admin, SCORER, "champion", Number(2), seen=1)
    assert held(services, admin) == [2, 1]


@pytest.mark.usefixtures("versions")
def test_of_moves_at_once_from_one_state_one_wins(services: Services, admin: Actor) -> None:
    point(services, admin, 1)
    together = Barrier(6)

    def move(number: int) -> int:
        together.wait(20)
        try:
            services.aliases.set(admin, SCORER, "champion", Number(2 + number % 2), seen=1)
        except StaleRevisionError:
            return 0
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(move, range(6))) == 1
    assert len(held(services, admin)) == 2


@pytest.mark.usefixtures("versions")
def test_a_removed_alias_is_gone_and_its_history_stays(services: Services, admin: Actor) -> None:
    point(services, admin, 1)
    removed = services.aliases.remove(admin, SCORER, "champion", seen=1)
    assert removed.receipt is not None
    assert removed.value.until is not None
    assert removed.value.ended_by == admin.id
    for use in (
        lambda: services.aliases.get(admin, SCORER, "champion"),
        lambda: services.aliases.remove(admin, SCORER, "champion", seen=None),
    ):
        with pytest.raises(AliasNotFoundError, match="fraud/scorer has no alias 'champion'; 'modelkeep show"):
            use()
    with pytest.raises(VersionNotFoundError):
        services.versions.resolve(admin, Reference.parse("fraud/scorer@champion"))
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer:1")).aliases == ()
    with pytest.raises(StaleRevisionError):
        services.aliases.set(admin, SCORER, "champion", Number(2), seen=1)
    assert services.aliases.set(admin, SCORER, "champion", Number(2), seen=0).value.revision == 2
    assert held(services, admin) == [2, 1]


@pytest.mark.parametrize("name", ["Production", "draft", "LATEST", "1.0.0", "12", "v1.2", "a b", "", "sha256:00"])
@pytest.mark.usefixtures("versions")
def test_what_means_something_else_cannot_be_an_alias(services: Services, admin: Actor, name: str) -> None:
    with pytest.raises((InvalidRecordError, InvalidValueError)):
        point(services, admin, 1, name)


@pytest.mark.usefixtures("versions")
def test_an_alias_needs_a_live_version(services: Services, admin: Actor) -> None:
    services.versions.delete(admin, SCORER, Number(2), seen=1)
    for target in ("2", "1.0.1", "9", "^9", "@absent"):
        with pytest.raises(VersionNotFoundError):
            services.aliases.set(admin, SCORER, "champion", parse_selector(target), seen=0)
    assert held(services, admin) == []


@pytest.mark.usefixtures("versions")
def test_an_alias_can_follow_another(services: Services, admin: Actor) -> None:
    point(services, admin, 2)
    assert services.aliases.set(admin, SCORER, "backup", parse_selector("@champion"), seen=0).value.number == 2


@pytest.mark.usefixtures("versions")
def test_aliases_of_one_model_are_told_apart_by_case_and_from_those_of_another(
    services: Services, admin: Actor
) -> None:
    other = a_model(services, admin, "fraud/other").name
    a_version(services, admin, other)
    services.aliases.set(admin, other, "champion", Number(1), seen=0)
    point(services, admin, 1)
    point(services, admin, 2, "Champion")
    listed = services.aliases.list(admin, SCORER, EVERYTHING).items
    assert [(alias.name, alias.number) for alias in listed] == [("Champion", 2), ("champion", 1)]


@pytest.mark.usefixtures("versions")
def test_aliases_are_listed_page_by_page_by_name(services: Services, admin: Actor) -> None:
    for number in range(5):
        point(services, admin, 1 + number % 3, f"alias-{number}")
    names, token = [], None
    while True:
        page = services.aliases.list(admin, SCORER, PageRequest(2, token))
        names += [alias.name for alias in page.items]
        token = page.next_token
        if token is None:
            break
    assert names == [f"alias-{number}" for number in range(5)]


@pytest.mark.usefixtures("versions")
def test_a_history_is_listed_page_by_page_newest_first(services: Services, admin: Actor) -> None:
    moves = [1, 2, 3, 1, 2]
    for number in moves:
        point(services, admin, number)
    numbers, token = [], None
    while True:
        page = services.aliases.history(admin, SCORER, "champion", PageRequest(2, token))
        numbers += [interval.number for interval in page.items]
        token = page.next_token
        if token is None:
            break
    assert numbers == moves[::-1]
    assert services.aliases.history(admin, SCORER, "absent", EVERYTHING).items == ()


@pytest.mark.usefixtures("versions")
def test_the_past_is_told_by_time(services: Services, admin: Actor, clock: ManualClock) -> None:
    asked = []
    for number in (1, 2):
        point(services, admin, number)
        clock.advance(timedelta(hours=1))
        asked.append((clock(), number))
        clock.advance(timedelta(hours=1))
    services.aliases.remove(admin, SCORER, "champion", seen=2)
    for at, number in asked:
        then = Reference(None, "fraud", "scorer", parse_selector("@champion"), at)
        assert services.versions.resolve(admin, then).number == number
    for at in (START, clock()):
        with pytest.raises(VersionNotFoundError):
            services.versions.resolve(admin, Reference(None, "fraud", "scorer", parse_selector("@champion"), at))


@pytest.mark.usefixtures("versions")
def test_a_clock_that_stands_still_or_goes_back_does_not_confuse_the_history(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=1))
    moves = [1, 2, 3]
    for number in moves:
        point(services, admin, number)
        clock.advance(timedelta(hours=-1))
    services.aliases.remove(admin, SCORER, "champion", seen=3)
    point(services, admin, 1)
    assert held(services, admin) == [1, 3, 2, 1]
    intervals = services.aliases.history(admin, SCORER, "champion", EVERYTHING).items
    for later, earlier in pairwise(intervals):
        assert earlier.until is not None
        assert earlier.since < earlier.until <= later.since
