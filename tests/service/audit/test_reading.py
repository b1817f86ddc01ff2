"""Entries are found by who, what, when and by which request, and shown with the texts that are still kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete
from tests.builders import EVERYTHING, SCORER
from tests.people import somebody
from tests.service.use_cases import SPARE_MODEL, World

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import Entry, EntryQuery
from modelkeep.domains.audit.domain.entries import EntryNotFoundError
from modelkeep.domains.audit.domain.queries import UnknownEventTypeError
from modelkeep.domains.audit.tables import TEXT
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import InvalidPageTokenError, PageRequest
from modelkeep.platform.database import AnyRow


@pytest.fixture
def world(services: Services, admin: Actor) -> World:
    return World.made(services, admin)


def found(world: World, actor: Actor, query: EntryQuery) -> tuple[Entry, ...]:
    return world.services.audit.list(actor, query, EVERYTHING, oldest_first=True).items


def numbers(entries: tuple[Entry, ...]) -> list[int]:
    return [entry.seq for entry in entries]


def test_a_list_without_conditions_is_the_whole_log(world: World, admin: Actor) -> None:
    log = world.entries()
    assert numbers(found(world, admin, EntryQuery())) == [row.seq for row in log]
    newest = world.services.audit.list(admin, EntryQuery(), EVERYTHING).items
    assert numbers(newest) == [row.seq for row in reversed(log)]


def named(value: object) -> str | None:
    """Name a case by what is asked; a function's own text is another in each process."""
    return None if callable(value) else str(value)


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        (EntryQuery(subject=f"{SCORER}:1.0.0"), lambda row: row.subject == f"{SCORER}:1.0.0"),
        (EntryQuery(within="fraud"), lambda row: row.subject.startswith("fraud")),
        (EntryQuery(within=str(SCORER)), lambda row: row.subject.startswith("fraud/scorer")),
        (EntryQuery(type="VERSION_REGISTERED"), lambda row: row.action == "catalog.version_registered"),
        (EntryQuery(type="version_registered"), lambda row: row.action == "catalog.version_registered"),
        (EntryQuery(type="catalog.alias_set"), lambda row: row.action == "catalog.alias_set"),
        (EntryQuery(actor="system"), lambda row: row.actor_id == "system"),
        (EntryQuery(request="startup"), lambda row: row.request_id == "startup"),
        (EntryQuery(within=str(SPARE_MODEL), type="MODEL_CREATED"), lambda row: row.subject == str(SPARE_MODEL)),
        (EntryQuery(within="fraud/scor"), lambda _: False),
        (EntryQuery(subject="'; --"), lambda _: False),
    ],
    ids=named,
)
def test_conditions_choose_entries(
    world: World, admin: Actor, query: EntryQuery, chosen: Callable[[AnyRow], bool]
) -> None:
    expected = [row.seq for row in world.entries() if chosen(row)]
    assert numbers(found(world, admin, query)) == expected


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(world: World, admin: Actor) -> None:
    log = world.entries()
    early, late = log[2].at, log[5].at
    assert numbers(found(world, admin, EntryQuery(since=early, until=late))) == [
        row.seq for row in log if early <= row.at < late
    ]
    assert found(world, admin, EntryQuery(since=log[-1].at + timedelta(seconds=1))) == ()
    assert found(world, admin, EntryQuery(until=log[0].at)) == ()
    assert len(found(world, admin, EntryQuery(until=log[-1].at + timedelta(seconds=1)))) == len(log)


@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages_show_each_entry_once(world: World, admin: Actor, *, oldest_first: bool) -> None:
    seen, token = [], None
    while True:
        page = world.services.audit.list(
            admin, EntryQuery(within="fraud"), PageRequest(3, token), oldest_first=oldest_first
        )
        seen += numbers(page.items)
        token = page.next_token
        if token is None:
            break
        with pytest.raises(InvalidPageTokenError):
            world.services.audit.list(admin, EntryQuery(), PageRequest(3, token), oldest_first=oldest_first)
    expected = [row.seq for row in world.entries() if row.subject.startswith("fraud")]
    assert seen == (expected if oldest_first else expected[::-1])


def test_an_entry_shows_what_people_typed_until_it_is_erased(world: World, admin: Actor) -> None:
    (before,) = found(world, admin, EntryQuery(subject=str(SCORER), type="MODEL_CREATED"))
    assert {text.field: text.value for text in before.texts}["tag:team"] == "risk"
    assert before.erased == ()
    assert {text.field: text.commitment for text in before.texts} == before.commitments
    with world.services.access.database.transaction() as tx:
        tx.session.execute(delete(TEXT).where(TEXT.c.seq == before.seq, TEXT.c.field == "tag:team"))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, before.at))
    after = world.services.audit.get(admin, before.seq)
    assert after.erased == ("tag:team",)
    assert after.leaf == before.leaf


def test_there_is_no_entry_beyond_the_end(world: World, admin: Actor) -> None:
    with pytest.raises(EntryNotFoundError, match="no entry 1000 to show"):
        world.services.audit.get(admin, 1000)


def test_a_type_that_is_none_is_asked_back(world: World, admin: Actor) -> None:
    with pytest.raises(UnknownEventTypeError, match="did you mean MODEL_CREATED"):
        found(world, admin, EntryQuery(type="MODEL_CREATD"))


@pytest.mark.parametrize(
    ("roles", "readable"),
    [
        ({}, lambda _: False),
        ({"fraud": "viewer"}, lambda _: False),
        ({"fraud": "auditor"}, lambda row: row.namespace == "fraud"),
        ({str(SCORER): "auditor"}, lambda row: row.model == str(SCORER)),
        (
            {str(SCORER): "auditor", "empty": "auditor"},
            lambda row: row.model == str(SCORER) or row.namespace == "empty",
        ),
        ({"*": "auditor"}, lambda _: True),
    ],
    ids=named,
)
def test_the_log_is_read_as_far_as_the_right_to_read_it_goes(
    world: World, roles: dict[str, str], readable: Callable[[AnyRow], bool]
) -> None:
    reader = somebody(world.services, *((role, scope) for scope, role in roles.items()))
    log = world.entries()
    expected = [row.seq for row in log if readable(row)]
    assert numbers(found(world, reader, EntryQuery())) == expected
    for row in log:
        if row.seq in expected:
            assert world.services.audit.get(reader, row.seq).seq == row.seq
        else:
            with pytest.raises(EntryNotFoundError):
                world.services.audit.get(reader, row.seq)


def test_a_reader_of_the_whole_log_goes_on_where_it_stopped(world: World) -> None:
    reader, seen = world.services.audit_reader, -1
    read: list[int] = []
    while batch := reader.read(seen, 4):
        read += [entry.seq for entry in batch]
        seen = read[-1]
    assert read == list(range(reader.size())) == [row.seq for row in world.entries()]
