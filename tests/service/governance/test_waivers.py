"""Waivers let a gate pass that does not hold: by others than the maker, for a reason, until they end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.gates import CEL, EXTERNAL, govern
from tests.people import a_service_account, a_token_for, bind, somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.audit import EntryQuery
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import Evaluation, GateStatus, NewWaiver, Waiver, allowed_move, policy_of
from modelkeep.domains.governance.domain.moves import GateNotFoundError
from modelkeep.domains.governance.domain.waivers import (
    InvalidWaiverError,
    OwnWaiverError,
    TooManyWaiversError,
    WaiverNotFoundError,
)
from modelkeep.domains.governance.service import waivers
from modelkeep.domains.governance.service.promotion.upkeep import SYSTEM
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.kernel.references import Reference


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    govern(services, admin, CEL)
    return a_version(services, admin)


@pytest.fixture
def security(services: Services) -> Actor:
    return somebody(services, "SECURITY")


def waived(  # noqa: PLR0913 - what a waiver has
    services: Services,
    actor: Actor,
    version: ModelVersion,
    clock: ManualClock,
    *,
    days: float = 7,
    whole_model: bool = False,
    gate: str = "good",
    reason: str = "seen by hand",
) -> Waiver:
    new = NewWaiver(gate, reason, clock() + timedelta(days=days), whole_model)
    return services.governance.gates.waivers.waive(actor, Reference.parse(version.reference), new).value


def evaluated(services: Services, version: ModelVersion, clock: ManualClock, *requesters: PrincipalId) -> Evaluation:
    with services.access.database.snapshot() as tx:
        move = allowed_move(policy_of(tx, version.model), version.reference, version.stage, "Production")
        return services.governance.gates.evaluator.evaluate(
            tx, version, move, clock(), requesters=frozenset(requesters)
        )


def test_a_waiver_opens_its_gate_until_it_expires(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    before = evaluated(services, version, clock)
    waiver = waived(services, security, version, clock)
    found = evaluated(services, version, clock)
    assert (found.results[0].status, found.results[0].found) == (GateStatus.WAIVED, GateStatus.ERROR)
    assert found.results[0].waiver_id == waiver.id
    assert found.is_open
    assert found.digest != before.digest, "who approved what failed has not approved what is waived"
    clock.advance(timedelta(days=8))
    again = evaluated(services, version, clock)
    assert not again.is_open
    assert again.digest == before.digest


def test_a_waiver_is_ended_before_it_expires(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    waiver = waived(services, security, version, clock)
    ended = services.governance.gates.waivers.end(security, version.model, waiver.id)
    assert ended.receipt is not None
    assert not evaluated(services, version, clock).is_open
    with pytest.raises(WaiverNotFoundError):
        services.governance.gates.waivers.end(security, version.model, waiver.id)
    (shown,) = services.governance.gates.waivers.list(security, version.model, EVERYTHING).items
    assert (shown.ended_by, shown.reason) == (security.id, "seen by hand")


def test_a_waiver_of_one_version_is_not_one_of_another(
    services: Services, admin: Actor, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    other = a_version(services, admin)
    waived(services, security, version, clock)
    assert not evaluated(services, other, clock).is_open
    waived(services, security, version, clock, whole_model=True)
    assert evaluated(services, other, clock).is_open


def test_who_made_the_version_waives_nothing_of_it(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    with pytest.raises(OwnWaiverError):
        waived(services, admin, version, clock)
    waived(services, admin, version, clock, whole_model=True)
    assert not evaluated(services, version, clock).is_open, "nor by way of the model"


def test_who_asked_for_the_move_has_waived_nothing_of_it(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    waived(services, security, version, clock)
    assert evaluated(services, version, clock, somebody(services).id).is_open
    assert not evaluated(services, version, clock, security.id).is_open


def test_an_account_is_no_second_person(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    account = a_service_account(services, security)
    for role in ("SECURITY", "contributor"):
        bind(services, account.id, role, kind=SubjectType.SERVICE)
    bind(services, security.id, "contributor")
    robot = a_token_for(services, security, account)
    with pytest.raises(OwnWaiverError, match="only people"):
        waived(services, robot, version, clock)
    registered = a_version(services, robot)
    with pytest.raises(OwnWaiverError, match="own the account"):
        waived(services, security, registered, clock)
    waived(services, security, registered, clock, whole_model=True)
    assert not evaluated(services, registered, clock).is_open, "nor by way of the model"
    assert evaluated(services, version, clock).is_open
    assert not evaluated(services, version, clock, robot.id).is_open, "nor where the account asks for the move"


def test_who_asks_for_the_move_waives_nothing(services: Services, version: ModelVersion, clock: ManualClock) -> None:
    asker = somebody(services, "admin")
    services.governance.promotions.request(
        asker, Reference.parse(version.reference), "Production", reason="it is better"
    )
    with pytest.raises(OwnWaiverError):
        waived(services, asker, version, clock)


def test_who_lacks_the_right_waives_nothing(services: Services, version: ModelVersion, clock: ManualClock) -> None:
    for actor in (somebody(services, "maintainer"), somebody(services, "SECURITY", kind=PrincipalKind.CI)):
        with pytest.raises(ForbiddenError):
            waived(services, actor, version, clock)


def test_a_waiver_has_a_reason_an_end_and_a_gate(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    for given in ({"reason": " "}, {"days": -1}, {"days": 367}, {"reason": "x" * 4_001}):
        with pytest.raises(InvalidWaiverError):
            waived(services, security, version, clock, **given)
    with pytest.raises(GateNotFoundError, match="it has good"):
        waived(services, security, version, clock, gate="goood")


def test_waivers_of_a_model_are_bounded(
    services: Services,
    version: ModelVersion,
    security: Actor,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waivers, "MAX_IN_FORCE", 1)
    waived(services, security, version, clock)
    with pytest.raises(TooManyWaiversError):
        waived(services, security, version, clock)


def test_reasons_are_texts_that_can_be_erased(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    waived(services, security, version, clock, reason="because of Ada")
    entry = services.audit_reader.read(-1, 500)[-1]
    assert entry.action == "governance.gate_waived"
    assert "Ada" not in str(entry.data)


def test_gates_are_checked_without_keeping_anything(services: Services, admin: Actor, version: ModelVersion) -> None:
    govern(services, admin, CEL, EXTERNAL, scope=str(SCORER))
    checked = services.governance.gates.checks.check(admin, Reference.parse(version.reference), "production")
    assert [result.status for result in checked.evaluation.results] == ["error", "pending"]


def test_a_waiver_that_runs_out_is_said_once(
    services: Services, admin: Actor, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    expiring = services.governance.gates.waivers
    short = waived(services, security, version, clock, days=1)
    long = waived(services, security, version, clock, days=30)
    taken_back = waived(services, security, version, clock, days=1)
    expiring.end(security, SCORER, taken_back.id)
    assert expiring.note_expired(SYSTEM, 100) == 0
    clock.advance(timedelta(days=2))
    with pytest.raises(WaiverNotFoundError):
        expiring.end(security, SCORER, short.id)
    assert [expiring.note_expired(SYSTEM, 100) for _ in range(2)] == [1, 0]
    (entry,) = services.audit.list(admin, EntryQuery(type="WAIVER_EXPIRED"), EVERYTHING).items
    assert (entry.subject, entry.data["waiver_id"]) == (str(SCORER), short.id)
    ends = {
        waiver.id: (waiver.ended_at, waiver.ended_by) for waiver in expiring.list(security, SCORER, EVERYTHING).items
    }
    assert ends[short.id] == (short.expires_at, SYSTEM.id)
    assert ends[long.id] == (None, None)


def test_servers_that_look_at_once_say_it_once(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    for _ in range(3):
        waived(services, security, version, clock, days=1)
    clock.advance(timedelta(days=2))
    expiring, start = services.governance.gates.waivers, Barrier(3)

    def look(_: int) -> int:
        start.wait()
        return expiring.note_expired(SYSTEM, 100)

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(look, range(3))) == [0, 0, 3]


def test_a_model_of_which_many_run_out_is_caught_up_with(
    services: Services, version: ModelVersion, security: Actor, clock: ManualClock
) -> None:
    for _ in range(3):
        waived(services, security, version, clock, days=1)
    clock.advance(timedelta(days=2))
    assert [services.governance.gates.waivers.note_expired(SYSTEM, 2) for _ in range(3)] == [2, 1, 0]
