"""The audit log has one entry for every change, without a gap, and nothing else."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from tests.builders import EVERYTHING, SCORER, a_model
from tests.people import somebody
from tests.registries import ManualClock
from tests.service.use_cases import AUDITED, FIRST, REPEATABLE, SECOND, UPLOADS, WRITES, UseCase, World

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.audit import receipts_of
from modelkeep.domains.audit.domain.leaf import SaltedText
from modelkeep.domains.audit.tables import ENTRY, HEAD, TEXT
from modelkeep.domains.catalog import ModelDetails
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.platform.database import AnyRow


@pytest.fixture
def world(services: Services, admin: Actor) -> World:
    return World.made(services, admin)


def entries(services: Services) -> list[AnyRow]:
    with services.access.database.snapshot() as tx:
        return list(tx.session.execute(select(*ENTRY.c).order_by(ENTRY.c.seq)))


def check_whole(services: Services) -> list[AnyRow]:
    """Check what anybody can check of a log: no gap, time that never goes back, hashes that fit the payloads."""
    log = entries(services)
    with services.access.database.snapshot() as tx:
        assert tx.session.scalar(select(HEAD.c.size)) == len(log)
    assert [entry.seq for entry in log] == list(range(len(log)))
    for entry in log:
        document = json.loads(entry.payload)
        assert canonical_json(document) == entry.payload
        assert sha256(b"\x00" + entry.payload).digest() == entry.leaf_hash
        assert (document["seq"], document["action"], document["resource"]) == (entry.seq, entry.action, entry.subject)
        assert (document["actor"]["id"], document["request_id"]) == (entry.actor_id, entry.request_id)
    times = [json.loads(entry.payload)["ts"] for entry in log]
    assert times == sorted(times)
    return log


@pytest.mark.parametrize("case", AUDITED, ids=str)
def test_each_use_case_leaves_its_one_entry_and_returns_its_receipt(world: World, admin: Actor, case: UseCase) -> None:
    before = len(world.entries())
    actor = replace(admin, request=RequestInfo("the request"))
    recorded = case.run(world, actor)
    assert isinstance(recorded, Recorded)
    (entry,) = check_whole(world.services)[before:]
    assert (entry.action, case.subject or entry.subject) == (case.event, entry.subject)
    assert (entry.actor_id, entry.request_id) == (admin.id, "the request")
    assert json.loads(entry.payload)["actor"] == {"type": "user", "id": admin.id, "via_token_id": admin.token_id}
    assert recorded.receipt is not None
    assert (recorded.receipt.seq, recorded.receipt.leaf_hash) == (entry.seq, entry.leaf_hash.hex())


@pytest.mark.parametrize("case", UPLOADS, ids=str)
def test_bytes_on_their_way_are_no_change_of_the_registry(world: World, admin: Actor, case: UseCase) -> None:
    before = len(world.entries())
    case.run(world, admin)
    assert len(world.entries()) == before


def test_who_sees_nothing_is_refused_every_write_and_changes_nothing(world: World) -> None:
    nobody = somebody(world.services)
    before = len(world.entries())
    for case in WRITES:
        with pytest.raises(RegistryError) as refusal:
            case.run(world, nobody)
        assert refusal.value.kind in (Kind.NOT_FOUND, Kind.FORBIDDEN), case
    assert {entry.action for entry in world.entries()[before:]} == {"access.access_denied"}


def test_a_forbidden_write_changes_nothing_and_leaves_an_entry_of_the_refusal(world: World) -> None:
    viewer = somebody(world.services, "viewer", "auditor")
    for case in AUDITED:
        before = len(world.entries())
        with pytest.raises(ForbiddenError) as refusal:
            case.run(world, viewer)
        (entry,) = world.entries()[before:]
        document = json.loads(entry.payload)
        assert (entry.action, entry.actor_id) == ("access.access_denied", viewer.id)
        assert document["data"] == refusal.value.details
        assert document["resource"] == refusal.value.details["scope"]


def test_a_forbidden_read_leaves_no_entry(world: World) -> None:
    viewer = somebody(world.services, "viewer")
    before = len(world.entries())
    with pytest.raises(ForbiddenError):
        world.services.content.open_file(viewer, SCORER, FIRST, "config.json")
    assert len(world.entries()) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", [case for case in AUDITED if case.event not in REPEATABLE], ids=str)
def test_a_use_case_that_fails_leaves_no_trace(world: World, admin: Actor, case: UseCase) -> None:
    case.run(world, admin)
    before = len(world.entries())
    try:
        again = case.run(world, admin)
    except RegistryError:
        again = None
    assert not isinstance(again, Recorded) or again.receipt is None
    assert len(world.entries()) == before


def test_a_registry_starts_with_its_administrator_the_namespace_of_bare_names_and_its_policies(
    services: Services,
) -> None:
    log = check_whole(services)
    assert [entry.action for entry in log] == [
        "access.principal_created",
        "access.token_created",
        "catalog.namespace_created",
        "audit.log_key_created",
        *["governance.policy_published"] * 3,
        "governance.policy_assigned",
    ]
    assert {json.loads(entry.payload)["actor"]["type"] for entry in log} == {"system"}
    assert {entry.request_id for entry in log} == {"startup"}


def test_writers_at_once_with_failures_between_them_leave_no_gap(services: Services, admin: Actor) -> None:
    def create(number: int) -> bool:
        try:
            services.namespaces.create(admin, f"team-{number // 2}", description="")
        except RegistryError:
            return False
        return True

    before = len(entries(services))
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(create, range(64)))
    assert created.count(True) == 32
    assert len(check_whole(services)) == before + 32


def test_the_log_does_not_go_back_in_time_with_the_clock(services: Services, admin: Actor, clock: ManualClock) -> None:
    services.namespaces.create(admin, "early", description="")
    clock.advance(timedelta(days=-1))
    services.namespaces.create(admin, "late", description="")
    *_, early, late = check_whole(services)
    assert late.at == early.at


def test_what_people_typed_is_committed_to_and_can_be_erased(services: Services, admin: Actor) -> None:
    a_model(services, admin, description="For Ada's eyes", owners=("ada", "bob"), tags={"team": "risk"})
    database, entry = services.access.database, entries(services)[-1]
    with database.snapshot() as tx:
        kept = tx.session.execute(select(*TEXT.c).where(TEXT.c.seq == entry.seq)).all()
    document = json.loads(entry.payload)
    texts = [SaltedText(row.field, row.salt, row.value) for row in kept]
    assert {text.field: text.value for text in texts} == {
        "description": "For Ada's eyes",
        "task": "",
        "owners": "ada\nbob",
        "tag:team": "risk",
    }
    assert document["pii_commitments"] == {text.field: text.commitment for text in texts}
    assert len({text.salt for text in texts}) == len(texts)
    assert all(len(text.salt) == 32 for text in texts)
    assert b"Ada" not in entry.payload

    with database.transaction() as tx:
        tx.session.execute(delete(TEXT).where(TEXT.c.seq == entry.seq))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, entry.at))
    check_whole(services)


@pytest.mark.parametrize(
    "tampering",
    [
        update(ENTRY).values(payload=b"{}"),
        update(ENTRY).where(ENTRY.c.seq == 0).values(subject="nothing"),
        delete(ENTRY),
        delete(ENTRY).where(ENTRY.c.seq == 0),
    ],
    ids=str,
)
def test_entries_cannot_be_changed_or_deleted(services: Services, admin: Actor, tampering: object) -> None:
    before = entries(services)

    def tamper() -> None:
        with services.access.database.transaction() as tx:
            tx.session.execute(tampering)  # type: ignore[call-overload]  # an update or a delete
            tx.record(Event("catalog.namespace_deleted", "fraud", admin, before[0].at))

    with pytest.raises((RegistryError, SQLAlchemyError)) as refusal:
        tamper()
    assert "audit entries are never changed" in f"{refusal.value} {refusal.value.__cause__}"
    assert entries(services) == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_log_cannot_be_truncated(services: Services) -> None:
    before = entries(services)

    def truncate() -> None:
        with services.access.database.transaction() as tx:
            tx.session.execute(text("TRUNCATE audit_entry"))

    with pytest.raises((RegistryError, SQLAlchemyError), match="never changed"):
        truncate()
    assert entries(services) == before


def test_a_place_in_the_log_is_taken_once(services: Services, admin: Actor) -> None:
    last = entries(services)[-1]

    def forge() -> None:
        with services.access.database.transaction() as tx:
            tx.session.execute(insert(ENTRY), last._asdict())
            tx.record(Event("catalog.namespace_deleted", "fraud", admin, last.at))

    with pytest.raises(RegistryError):
        forge()
    check_whole(services)


def test_a_change_that_changes_nothing_has_no_receipt(world: World, admin: Actor) -> None:
    models, before = world.services.models, len(world.entries())
    assert models.set_tag(admin, SCORER, "team", "risk", seen=1).receipt is None
    assert len(world.entries()) == before
    assert models.update(admin, SCORER, ModelDetails(), seen=1).receipt is not None


def test_the_entry_that_made_an_interval_so_is_found_by_its_subject_and_time(world: World, admin: Actor) -> None:
    aliases, database = world.services.aliases, world.services.access.database
    aliases.set(admin, SCORER, "champion", SECOND, seen=1)
    aliases.remove(admin, SCORER, "champion", seen=2)
    second, first = aliases.history(admin, SCORER, "champion", EVERYTHING).items
    assert second.until is not None
    subject = f"{SCORER}@champion"
    wanted = [(subject, first.since), (subject, second.since), (subject, second.until), ("fraud", first.since)]
    with database.snapshot() as tx:
        found = receipts_of(tx, wanted)
        assert receipts_of(tx, []) == {}
    log = world.entries()
    made = [log[found[place].seq] for place in wanted[:3]]
    assert [entry.action for entry in made] == ["catalog.alias_set", "catalog.alias_set", "catalog.alias_removed"]
    assert [found[place].leaf_hash for place in wanted[:3]] == [entry.leaf_hash.hex() for entry in made]
    assert wanted[3] not in found


def test_an_entry_knows_the_namespace_and_the_model_it_is_about(world: World) -> None:
    places = {entry.subject: (entry.namespace, entry.model) for entry in world.entries()}
    assert places["fraud"] == ("fraud", "")
    assert places[str(SCORER)] == places[f"{SCORER}:1.0.0"] == places[f"{SCORER}@champion"] == ("fraud", str(SCORER))
    assert {place for subject, place in places.items() if "-" in subject} == {("", "")}
