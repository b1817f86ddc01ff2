"""What is stored outlives what it was made under: models are deleted, policies lose stages, emergencies pile up."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.gates import CEL, govern
from tests.people import bind, somebody
from tests.registries import ManualClock
from tests.service.governance.promoting import Office
from tests.unit.governance.documents import a_document

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import BindingQuery, ForbiddenError, Scope, SubjectType
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.catalog import Metric, ModelVersion
from modelkeep.domains.governance import (
    CelEngine,
    GateEvaluator,
    GateStatus,
    Goal,
    Lookout,
    NewAssignment,
    NewDelegation,
    NewWaiver,
    Renewals,
    Upkeep,
    Waiting,
    allowed_move,
    fact_sources,
    policy_of,
)
from modelkeep.domains.governance.domain.rollbacks import RollbackBlockedError
from modelkeep.domains.governance.service.gates.sources import FACTS, Case, FactSource
from modelkeep.domains.governance.service.promotion.upkeep import SYSTEM
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import uuid7
from modelkeep.kernel.references import ModelName, Number, Reference

DAY = timedelta(days=1)
OF_MODEL = {"id": "task", "kind": "cel", "config": {"expression": "model.task == 'ranking'"}}
SIGNED = {"id": "signed", "kind": "signature"}


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


def upkeep(services: Services, clock: ManualClock, **sources: FactSource) -> Upkeep:
    database = services.access.database
    lookout = Lookout(GateEvaluator(CelEngine(), fact_sources({}, **sources)), lambda _tx, _version: "")
    return Upkeep(database, lookout, Renewals(lookout, uuid7(clock)), AuditReader(database), clock)


def look_at_all(services: Services, clock: ManualClock) -> None:
    looking = upkeep(services, clock)
    while looking.note_lapses():
        pass


def take_stages_away(services: Services, actor: Actor) -> None:
    """Let a policy govern that has neither Staging nor Production."""
    services.governance.policies.publish(actor, json.dumps(a_document(name="short")))
    services.governance.policies.assign(actor, NewAssignment("*", "short"))


def break_glass(services: Services, office: Office, version: ModelVersion) -> None:
    reference = Reference.parse(version.reference)
    services.governance.emergencies.break_glass(office.max, reference, "Production", reason="it burns")


def waiting(services: Services, actor: Actor) -> list[Waiting]:
    return [item.waiting for item in services.governance.inbox.list(actor, EVERYTHING).items]


def rollback(services: Services, actor: Actor, version: ModelVersion) -> dict[str, str | None]:
    """Return what a plan to go back to a version says of each clause that does not hold."""
    plan = services.governance.rollbacks.plan(actor, SCORER, Goal(str(version.version)))
    return {clause.name: clause.says for clause in plan.clauses if not clause.holds}


def test_a_deleted_model_does_not_stop_what_lapses_elsewhere(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    gone = ModelName.parse("fraud/gone")
    a_model(services, admin, gone)
    govern(services, admin, OF_MODEL, scope=str(gone))
    office.request(a_version(services, office.ana, gone), "Production")
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, office.lead)
    looking = upkeep(services, clock)
    while looking.note_lapses():
        pass
    services.models.delete(admin, gone, seen=None)
    services.versions.log_metrics(office.ana, SCORER, Number(1), (Metric("auc", 0.5),))
    while looking.note_lapses():
        pass
    assert waiting(services, office.lead) == [Waiting.VOTE_AGAIN]
    assert not looking.behind()


def test_a_step_opens_again_when_who_answered_it_loses_the_role_and_completes_when_they_get_it_back(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    other = somebody(services, ("TEAM_LEAD", "fraud"))
    (held,) = services.grants.list(admin, BindingQuery(), EVERYTHING, subject=office.lead.id).items
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, office.lead)
    assert waiting(services, other) == []
    services.grants.revoke(admin, held.id, reason="another team")
    look_at_all(services, clock)
    assert waiting(services, other) == [Waiting.VOTE]
    bind(services, office.lead.id, "TEAM_LEAD", "fraud/scorer")
    look_at_all(services, clock)
    assert waiting(services, other) == []


def test_a_step_opens_again_when_who_answered_it_leaves_the_group_or_the_group_loses_the_role(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    group = services.groups.create(admin, "leads").value
    held = bind(services, group.id, "TEAM_LEAD", "*", kind=SubjectType.GROUP)
    joined, other = somebody(services, ("viewer", "fraud")), somebody(services, ("TEAM_LEAD", "fraud"))
    services.groups.add(admin, "leads", joined.id)
    office.vote(office.request(office.version(), "Staging").value.request.id, joined)
    assert waiting(services, other) == []
    services.groups.remove(admin, "leads", joined.id)
    look_at_all(services, clock)
    assert waiting(services, other) == [Waiting.VOTE]
    services.groups.add(admin, "leads", joined.id)
    look_at_all(services, clock)
    assert waiting(services, other) == []
    services.grants.revoke(admin, held.id, reason="no such team")
    look_at_all(services, clock)
    assert waiting(services, other) == [Waiting.VOTE]


def test_a_step_opens_again_when_who_answered_it_is_disabled_or_whose_place_it_was(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    away, other = somebody(services, ("TEAM_LEAD", "fraud")), somebody(services, ("TEAM_LEAD", "fraud"))
    stand_in = somebody(services, ("viewer", "fraud"))
    services.governance.delegations.delegate(away, NewDelegation(stand_in.id, Scope.parse("fraud"), clock() + 7 * DAY))
    for voter in (office.lead, stand_in):
        office.vote(office.request(office.version(), "Staging").value.request.id, voter)
    assert waiting(services, other) == []
    services.principals.disable(admin, office.lead.id)
    look_at_all(services, clock)
    assert waiting(services, other) == [Waiting.VOTE]
    services.principals.disable(admin, away.id)
    look_at_all(services, clock)
    assert waiting(services, other) == [Waiting.VOTE, Waiting.VOTE]


@pytest.mark.parametrize("error", [InvalidValueError("no such thing"), RuntimeError("a defect")])
def test_a_request_that_cannot_be_looked_at_is_stepped_over(
    office: Office, services: Services, admin: Actor, clock: ManualClock, error: Exception
) -> None:
    def failing(case: Case, argument: str) -> Json:
        if case.version.model != SCORER:
            raise error
        return FACTS["metrics"](case, argument)

    a_model(services, admin, "fraud/broken")
    govern(services, admin, CEL, scope="fraud/broken")
    broken = a_version(services, office.ana, "fraud/broken")
    office.request(broken, "Production")
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, office.lead)
    looking = upkeep(services, clock, metrics=failing)
    services.versions.log_metrics(office.ana, broken.model, Number(1), (Metric("auc", 0.5),))
    services.versions.log_metrics(office.ana, SCORER, Number(1), (Metric("auc", 0.5),))
    while looking.note_lapses():
        pass
    assert waiting(services, office.lead) == [Waiting.VOTE_AGAIN]
    assert not looking.behind()


def test_a_fact_that_cannot_be_read_is_an_error_of_its_gate(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    def failing(_case: Case, _argument: str) -> Json:
        raise InvalidValueError("it is not JSON")

    a_model(services, admin)
    govern(services, admin, CEL)
    version = a_version(services, admin)
    evaluator = GateEvaluator(CelEngine(), fact_sources({}, metrics=failing))
    with services.access.database.snapshot() as tx:
        move = allowed_move(policy_of(tx, version.model), version.reference, version.stage, "Production")
        (result,) = evaluator.evaluate(tx, version, move, clock()).results
    assert result.status is GateStatus.ERROR
    assert "it is not JSON" in result.message


def test_an_emergency_ends_though_the_policy_has_the_stage_no_longer(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    first, second = office.in_production(), office.version()
    break_glass(services, office, second)
    take_stages_away(services, admin)
    clock.advance(3 * DAY)
    assert services.governance.emergencies.end_expired(SYSTEM) == 1
    assert services.governance.emergencies.end_expired(SYSTEM) == 0
    assert (office.now(first).stage, office.now(second).stage) == ("Production", "Draft")


def test_a_request_for_a_stage_that_is_gone_waits_for_nobody_until_it_is_back(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    services.governance.policies.assign(admin, NewAssignment("*", "regulated"))
    office.request(office.version(), "Staging")
    take_stages_away(services, admin)
    clock.advance(15 * DAY)
    looking = upkeep(services, clock)
    assert looking.keep_time() == 1
    assert looking.keep_time() == 0
    assert waiting(services, office.lead) == []
    services.governance.policies.assign(admin, NewAssignment("*", "regulated"))
    while looking.note_lapses():
        pass
    assert waiting(services, office.lead) == [Waiting.VOTE]


def test_what_came_by_an_emergency_is_nothing_to_go_back_to(
    office: Office, services: Services, clock: ManualClock
) -> None:
    office.in_production()
    second = office.version()
    break_glass(services, office, second)
    clock.advance(3 * DAY)
    services.governance.emergencies.end_expired(SYSTEM)
    with pytest.raises(RollbackBlockedError, match="never held Production but in an emergency"):
        services.governance.rollbacks.roll_back(office.max, SCORER, Goal(str(second.version), reason="back"))


def test_after_two_emergencies_what_was_approved_holds_the_stage_again(
    office: Office, services: Services, clock: ManualClock
) -> None:
    first, second, third = office.in_production(), office.version(), office.version()
    break_glass(services, office, second)
    clock.advance(DAY)
    break_glass(services, office, third)
    clock.advance(3 * DAY)
    assert services.governance.emergencies.end_expired(SYSTEM) == 2
    assert [office.now(one).stage for one in (first, second, third)] == ["Production", "Archived", "Draft"]


def test_the_second_rollback_looks_at_the_approvals_too(office: Office, services: Services, clock: ManualClock) -> None:
    first = office.in_production()
    clock.advance(DAY)
    second = office.in_production()
    for version in (first, second):
        clock.advance(DAY)
        services.governance.rollbacks.roll_back(office.max, SCORER, Goal(str(version.version), reason="back"))
    assert rollback(services, office.max, first) == {}
    services.versions.log_metrics(office.ana, SCORER, Number(first.number), (Metric("auc", 0.5),))
    assert list(rollback(services, office.max, first)) == ["approvals"]


def test_who_rolls_back_has_waived_nothing_of_it(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    govern(services, admin, SIGNED)
    boss = somebody(services, ("maintainer", "fraud"), name="boss")
    bind(services, boss.id, "SECURITY", "fraud")
    first, second = office.version(), office.version()
    new = NewWaiver("signed", "seen by hand", clock() + 7 * DAY, whole_model=True)
    services.governance.gates.waivers.waive(boss, Reference.parse(first.reference), new)
    for version in (first, second):
        office.promote(office.request(version, "Production").value.request.id)
        clock.advance(DAY)
    assert rollback(services, office.max, first) == {}
    assert list(rollback(services, boss, first)) == ["gate:signed"]


def test_the_object_store_is_asked_for_nobody_who_may_not_promote(office: Office, services: Services) -> None:
    def unasked(_digest: Digest) -> Sequence[str]:
        raise AssertionError

    first = office.in_production()
    rollbacks = replace(services.governance.rollbacks, contents=unasked)
    with pytest.raises(ForbiddenError):
        rollbacks.plan(office.ana, SCORER, Goal(str(first.version)))
    with pytest.raises(ForbiddenError):
        rollbacks.roll_back(office.ana, SCORER, Goal(str(first.version), reason="back"))
