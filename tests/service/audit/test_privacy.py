"""Texts are erased, names go, holds keep, old bodies are pruned; leaves, hashes and proofs stay as they were."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from tests.builders import EVERYTHING, SCORER, a_model
from tests.people import bind, somebody
from tests.registries import ManualClock
from tests.service.use_cases import World

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, ForbiddenError, Scope
from modelkeep.domains.access.domain.openid.identity_tokens import ExternalIdentity
from modelkeep.domains.access.domain.principals import PrincipalNotFoundError
from modelkeep.domains.access.repository import LoginRepository
from modelkeep.domains.access.service.tokens import NewToken
from modelkeep.domains.access.tables import BINDING, TOKEN
from modelkeep.domains.access.tables.logins import IDENTITY
from modelkeep.domains.audit import EntryQuery, Erasure, ExportFormat, Hold
from modelkeep.domains.audit.domain.entries import EntryNotFoundError
from modelkeep.domains.audit.domain.privacy import HoldNotFoundError, InvalidErasureError, OnHoldError
from modelkeep.domains.audit.tables import ENTRY, TEXT
from modelkeep.domains.catalog.tables import FACT
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.merkle import includes
from modelkeep.platform.database import AnyRow

WHY = "asked for by the data subject"
ELEVEN_YEARS = timedelta(days=11 * 365)


@pytest.fixture
def world(services: Services, admin: Actor) -> World:
    return World.made(services, admin)


def texts(world: World) -> list[AnyRow]:
    with world.services.access.database.snapshot() as tx:
        return list(tx.session.execute(select(*TEXT.c).order_by(TEXT.c.seq, TEXT.c.field)))


def hashes(world: World) -> list[bytes]:
    return [row.leaf_hash for row in world.entries()]


def test_the_texts_of_a_subject_are_erased_and_the_log_says_so(world: World, admin: Actor) -> None:
    before, leaves = hashes(world), [row.payload for row in world.entries()]
    erased = world.services.audit_privacy.erase(admin, Erasure(WHY, subject=f"{SCORER}:1.0.0"))
    assert erased.value > 0
    log = world.entries()
    assert hashes(world)[:-1] == before
    assert [row.payload for row in log[:-1]] == leaves
    gone = {row.seq for row in log[:-1] if row.subject == f"{SCORER}:1.0.0"}
    assert not gone & {text.seq for text in texts(world)}
    assert {text.seq for text in texts(world)} - {log[-1].seq}
    assert (log[-1].action, log[-1].subject) == ("audit.texts_erased", f"{SCORER}:1.0.0")
    assert json.loads(log[-1].payload)["data"] == {"texts": erased.value}
    assert {text.value for text in texts(world) if text.seq == log[-1].seq} == {WHY}
    assert erased.receipt is not None
    assert erased.receipt.seq == log[-1].seq


def test_one_field_is_erased_within_a_namespace(world: World, admin: Actor) -> None:
    privacy = world.services.audit_privacy
    kept = [text for text in texts(world) if text.field != "description"]
    count = sum(text.field == "description" for text in texts(world))
    inside = [row.seq for row in world.entries() if row.namespace == "fraud"]
    erased = privacy.erase(admin, Erasure(WHY, within="fraud", fields=("description",)))
    assert 0 < erased.value <= count
    own = world.entries()[-1].seq
    assert [text for text in texts(world) if text.field != "description" and text.seq != own] == kept
    assert not [text for text in texts(world) if text.field == "description" and text.seq in inside]
    again = privacy.erase(admin, Erasure(WHY, within="fraud", fields=("description",)))
    assert (again.value, again.receipt) == (0, None)


def test_everything_about_a_principal_goes_with_its_name(world: World, admin: Actor) -> None:
    services = world.services
    ada = somebody(services, "admin", name="Ada Lovelace")
    known(world, admin, ada)
    a_model(services, ada, "fraud/hers", description="Ada's own words", owners=("ada",))
    hers = {row.seq for row in world.entries() if row.actor_id == ada.id}
    of_others = [text for text in texts(world) if text.seq not in hers]
    erased = services.audit_privacy.erase(admin, Erasure(WHY, principal=ada.id))
    assert erased.value >= 3
    entry = world.entries()[-1]
    assert (entry.action, entry.subject) == ("audit.principal_erased", ada.id)
    assert [text for text in texts(world) if text.seq != entry.seq] == of_others
    assert about(world, ada) == ([], ["", ""], ["", ""])
    services.access._names.clear()
    assert services.access.names([ada.id])[ada.id] == f"erased {ada.id[-12:]}"
    with pytest.raises(RegistryError):
        services.models.get(ada, SCORER)
    again = services.audit_privacy.erase(admin, Erasure(WHY, principal=ada.id))
    assert (again.value, again.receipt) == (0, None)


def test_a_text_that_ended_after_it_was_erased_from_the_log_can_be_erased_from_the_past(
    world: World, admin: Actor
) -> None:
    models, privacy = world.services.models, world.services.audit_privacy
    models.set_tag(admin, SCORER, "asked-by", "Ada Lovelace", seen=None)
    erasure = Erasure(WHY, subject=str(SCORER), fields=("tag:asked-by",))
    assert privacy.erase(admin, erasure).value == 1
    models.remove_tag(admin, SCORER, "asked-by", seen=None)
    assert values(world) == ["Ada Lovelace"]
    erased = privacy.erase(admin, erasure)
    assert (erased.value, erased.receipt is None) == (0, False)
    assert values(world) == [None]
    assert privacy.erase(admin, erasure).receipt is None


def known(world: World, admin: Actor, who: Actor) -> None:
    """Let the registry know more of somebody: a login, two tokens and a second binding with a reason."""
    services = world.services
    bind(services, who.id, "reader", "fraud")
    at = services.access.clock()
    login = ExternalIdentity("https://login.example.org", "ada", "Ada", "ada@example.org", frozenset(), "", at)
    with services.access.database.transaction() as tx:
        LoginRepository(tx).add_identity(login, who.id, "digest", at)
        tx.session.execute(update(BINDING).where(BINDING.c.subject_id == who.id).values(reason="Ada asked for it"))
        tx.record(Event("access.principal_created", who.id, admin, at, {"roles": []}))
    for name in ("Ada's laptop", "Ada's phone"):
        services.tokens.create(who, NewToken(name=name))


def about(world: World, who: Actor) -> tuple[list[str], list[str], list[str]]:
    """Return what is personal of somebody in access control: identities, names of tokens, reasons of bindings."""
    with world.services.access.database.snapshot() as tx:
        return (
            list(tx.session.scalars(select(IDENTITY.c.subject).where(IDENTITY.c.principal_id == who.id))),
            list(tx.session.scalars(select(TOKEN.c.name).where(TOKEN.c.principal_id == who.id))),
            list(tx.session.scalars(select(BINDING.c.reason).where(BINDING.c.subject_id == who.id))),
        )


def values(world: World) -> list[str | None]:
    with world.services.access.database.snapshot() as tx:
        return list(tx.session.scalars(select(FACT.c.text).where(FACT.c.key == "asked-by")))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Erasure(WHY),
        lambda: Erasure(WHY, subject="fraud", within="fraud"),
        lambda: Erasure(WHY, principal="ana", fields=("reason",)),
        lambda: Erasure(" ", subject="fraud"),
        lambda: Erasure("x" * 1001, subject="fraud"),
    ],
)
def test_an_erasure_says_what_and_why(make: Callable[[], Erasure]) -> None:
    with pytest.raises(InvalidErasureError):
        make()


def test_nobody_erases_themselves_or_who_is_not_there(world: World, admin: Actor) -> None:
    with pytest.raises(InvalidErasureError, match="another administrator"):
        world.services.audit_privacy.erase(admin, Erasure(WHY, principal=admin.id))
    with pytest.raises(PrincipalNotFoundError):
        world.services.audit_privacy.erase(admin, Erasure(WHY, principal="0" * 36))


def test_only_who_may_erase_does(world: World) -> None:
    auditor = somebody(world.services, "auditor", "maintainer")
    privacy = world.services.audit_privacy
    attempts: tuple[Callable[[], object], ...] = (
        lambda: privacy.erase(auditor, Erasure(WHY, within="fraud")),
        lambda: privacy.place_hold(auditor, REGISTRY, reason=WHY),
        lambda: privacy.release_hold(auditor, "none", reason=WHY),
    )
    for attempt in attempts:
        with pytest.raises(ForbiddenError):
            attempt()
    assert privacy.list_holds(auditor, EVERYTHING).items == ()


@pytest.mark.parametrize("scope", ["*", "fraud", str(SCORER)])
def test_a_hold_beats_erasure_until_it_is_released(world: World, admin: Actor, scope: str) -> None:
    privacy = world.services.audit_privacy
    hold = privacy.place_hold(admin, Scope.parse(scope), reason="case 7").value
    before = texts(world)
    for erasure in (Erasure(WHY, within="fraud"), Erasure(WHY, principal=somebody_who_pushed(world, admin))):
        with pytest.raises(OnHoldError) as refusal:
            privacy.erase(admin, erasure)
        assert refusal.value.details["holds"] == [hold.id]
    assert texts(world)[: len(before)] == before
    assert privacy.list_holds(admin, EVERYTHING).items == (hold,)
    released = privacy.release_hold(admin, hold.id, reason="closed").value
    assert released.released_by == admin.id
    assert privacy.erase(admin, Erasure(WHY, within="fraud")).value > 0
    with pytest.raises(HoldNotFoundError):
        privacy.release_hold(admin, hold.id, reason="closed")
    assert [row.action for row in world.entries() if row.action.startswith("audit.hold")] == [
        "audit.hold_placed",
        "audit.hold_released",
    ]


def somebody_who_pushed(world: World, admin: Actor) -> str:
    """A principal with entries of its own about the scorer."""
    services = world.services
    ada = somebody(services, "admin")
    services.models.set_tag(ada, SCORER, "area", "eu", seen=None)
    services.models.set_tag(admin, SCORER, "area", "us", seen=None)
    return ada.id


def test_a_hold_elsewhere_is_in_nobodys_way(world: World, admin: Actor) -> None:
    privacy = world.services.audit_privacy
    privacy.place_hold(admin, Scope.parse("empty"), reason="case 7")
    assert privacy.erase(admin, Erasure(WHY, within="fraud")).value > 0


def aged(world: World, admin: Actor, clock: ManualClock) -> int:
    """Let eleven years pass, and something happen after them; return how many entries are old."""
    old = len(world.entries())
    clock.advance(ELEVEN_YEARS)
    world.services.namespaces.create(admin, "young", description="after all these years")
    return old


def test_old_bodies_go_and_their_hashes_stay(world: World, admin: Actor, clock: ManualClock) -> None:
    before, size = hashes(world), aged(world, admin, clock)
    services = world.services
    assert services.audit_privacy.prune() == size
    log = world.entries()
    assert hashes(world)[:size] == before
    assert {row.payload for row in log[:size]} == {None}
    assert {(row.subject, row.actor_id, row.namespace) for row in log[:size]} == {("", "", "")}
    assert [row.action for row in log[size:]] == ["catalog.namespace_created", "audit.entries_pruned"]
    assert json.loads(log[-1].payload)["data"] == {"before_seq": size, "entries": size}
    assert not [text for text in texts(world) if text.seq < size]
    assert services.audit_privacy.prune() == 0
    assert len(world.entries()) == len(log)
    with pytest.raises(EntryNotFoundError):
        services.audit.get(admin, 0)
    assert [entry.seq for entry in services.audit_reader.read(-1, 100)] == [size, size + 1]


def test_pruned_entries_are_in_a_whole_export_by_their_hashes(world: World, admin: Actor, clock: ManualClock) -> None:
    size = aged(world, admin, clock)
    services = world.services
    services.audit_privacy.prune()
    lines = b"".join(services.audit_exports.export(admin, EntryQuery(), ExportFormat.JSONL)).decode().splitlines()
    found = [json.loads(line) for line in lines]
    assert [line["seq"] for line in found] == list(range(size + 2))
    assert [line["leaf_hash"] for line in found] == [leaf.hex() for leaf in hashes(world)[: size + 2]]
    assert [line["leaf"] is None for line in found] == [True] * size + [False] * 2
    for form in (ExportFormat.CSV, ExportFormat.CLOUDEVENTS):
        text = b"".join(services.audit_exports.export(admin, EntryQuery(), form)).decode()
        assert hashes(world)[size].hex() in text
        assert hashes(world)[0].hex() not in text


def test_a_hold_beats_retention(world: World, admin: Actor, clock: ManualClock) -> None:
    privacy = world.services.audit_privacy
    hold = privacy.place_hold(admin, Scope.parse(str(SCORER)), reason="case 7").value
    size = aged(world, admin, clock)
    privacy.prune()
    kept = [row for row in world.entries()[:size] if row.payload is not None]
    assert kept
    assert {row.model for row in kept} == {str(SCORER)}
    privacy.release_hold(admin, hold.id, reason="closed")
    assert privacy.prune() == len(kept)


def test_the_log_is_pruned_in_batches(
    world: World, admin: Actor, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelkeep.domains.audit.service.privacy.PRUNED_AT_ONCE", 4)
    size = aged(world, admin, clock)
    assert world.services.audit_privacy.prune() == size
    said = [row for row in world.entries() if row.action == "audit.entries_pruned"]
    told = [json.loads(row.payload)["data"]["entries"] for row in said]
    assert sum(told) == size
    assert max(told) == 4


def test_no_batch_begins_when_the_server_stops(
    world: World, admin: Actor, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelkeep.domains.audit.service.privacy.PRUNED_AT_ONCE", 4)
    size, privacy = aged(world, admin, clock), world.services.audit_privacy
    assert privacy.prune(lambda: True) == 0
    stopping = iter((False, False, True))
    assert privacy.prune(lambda: next(stopping)) == 8
    assert privacy.prune() == size - 8


@pytest.mark.parametrize(
    "values",
    [
        {"payload": None},
        {"subject": ""},
        {"leaf_hash": bytes(32)},
        {"payload": b"{}", "subject": ""},
    ],
    ids=str,
)
def test_pruning_is_no_way_to_change_anything_else(
    world: World, admin: Actor, clock: ManualClock, values: dict[str, object]
) -> None:
    size = aged(world, admin, clock)
    world.services.audit_privacy.prune()
    before = world.entries()

    def tamper(place: int) -> None:
        with world.services.access.database.transaction() as tx:
            tx.session.execute(update(ENTRY).where(ENTRY.c.seq == place).values(values))
            tx.record(Event("catalog.namespace_deleted", "fraud", admin, before[0].at))

    for place in (size, 0):
        if place == 0 and values in ({"payload": None}, {"subject": ""}):
            continue  # it is so already
        with pytest.raises((RegistryError, SQLAlchemyError)) as refusal:
            tamper(place)
        assert "never changed" in f"{refusal.value} {refusal.value.__cause__}"
    assert world.entries() == before


def test_a_hold_is_what_was_asked_for(world: World, admin: Actor) -> None:
    hold = world.services.audit_privacy.place_hold(admin, Scope.parse("fraud"), reason="case 7").value
    assert isinstance(hold, Hold)
    assert (hold.scope, hold.reason, hold.placed_by, hold.released_at) == ("fraud", "case 7", admin.id, None)


def test_proofs_hold_through_erasure_and_retention(world: World, admin: Actor, clock: ManualClock) -> None:
    services, leaves = world.services, hashes(world)
    services.log.publisher.publish()
    signed = services.proofs.checkpoint(admin)
    services.audit_privacy.erase(admin, Erasure(WHY, within="fraud"))
    size = aged(world, admin, clock)
    assert services.audit_privacy.prune() == size
    services.log.publisher.publish()
    newest = services.proofs.checkpoint(admin)
    assert newest.size > signed.size
    for checkpoint in (signed, newest):
        for seq in (0, 5, len(leaves) - 1):
            proof = services.proofs.inclusion(admin, seq, checkpoint.size)
            assert proof.leaf is None
            assert includes(checkpoint.root, checkpoint.size, seq, leaves[seq], proof.hashes)
