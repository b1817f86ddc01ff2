"""What a plan says of a policy is what becomes of it when it is applied."""

import json
from typing import Any

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.people import policy_keeper
from tests.unit.governance.documents import a_document

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.catalog import Metric, ModelVersion, VersionRecord, move_stage
from modelkeep.domains.governance import Proposal
from modelkeep.domains.governance.domain.assignments import PolicyNotFoundError
from modelkeep.domains.governance.domain.plans import PlanChangedError
from modelkeep.domains.governance.service.policy_texts import PolicyRefusedError
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Reference, parse_selector

AUC = {"id": "auc", "kind": "cel", "config": {"expression": "metrics.auc >= 0.9"}}
STAGES = [
    {"name": "Draft"},
    {"name": "Production", "exclusive": True, "replaced_to": "Draft"},
]
STRICT = json.dumps(
    a_document(name="strict", stages=STAGES, moves=[{"from": "Draft", "to": "Production", "gates": [AUC]}])
)


def moved(services: Services, actor: Actor, version: ModelVersion, stage: str) -> ModelVersion:
    """Put a version into a stage, whatever its policy says."""
    at = services.governance.policies.clock()
    with services.access.database.transaction() as tx:
        held = move_stage(tx, version, stage, actor, at)
        tx.record(
            Event("catalog.version_updated", version.reference, actor, at, {"version_id": held.id, "revision": 2})
        )
    return held


def with_auc(value: float) -> VersionRecord:
    return VersionRecord(metrics=(Metric("auc", value),))


@pytest.fixture
def holders(services: Services, admin: Actor) -> list[ModelVersion]:
    """A version in production, one on trial, one in production elsewhere, and a draft."""
    a_model(services, admin)
    a_model(services, admin, "risk/other")
    good = a_version(services, admin, record=with_auc(0.95))
    trial = a_version(services, admin, record=with_auc(0.95))
    bad = a_version(services, admin, "risk/other", record=with_auc(0.5))
    a_version(services, admin)
    return [
        moved(services, admin, good, "Production"),
        moved(services, admin, trial, "Staging"),
        moved(services, admin, bad, "Production"),
    ]


@pytest.mark.usefixtures("holders")
def test_a_plan_names_who_holds_what_the_policy_would_not_let_them_hold(services: Services, admin: Actor) -> None:
    plan = services.governance.planning.plan(admin, Proposal("*", source=STRICT))
    assert (plan.current.policy, plan.is_published, plan.changes_nothing) == ("default", False, False)
    assert [(item.stage, item.count, item.examples) for item in plan.stranded] == [
        ("Staging", 1, ("fraud/scorer:1.0.1",))
    ]
    assert [holder.reference for holder in plan.holders] == ["fraud/scorer:1.0.0", "risk/other:1.0.0"]
    (failing,) = plan.failing
    assert (failing.reference, failing.stage, failing.source) == ("risk/other:1.0.0", "Production", "Draft")
    assert [(result.gate_id, result.status) for result in failing.failing] == [("auc", "failed")]
    assert "moves[Draft to Production]" in {change.where for change in plan.changes}


@pytest.mark.usefixtures("holders")
def test_a_plan_of_a_scope_is_about_that_and_leaves_out_what_keeps_its_own(services: Services, admin: Actor) -> None:
    planning = services.governance.planning
    planning.apply(admin, Proposal("risk", "open"))
    assert planning.plan(admin, Proposal("*", source=STRICT)).failing == ()
    assert planning.plan(admin, Proposal("*", source=STRICT)).kept == ("risk",)
    on_namespace = planning.plan(admin, Proposal("risk", source=STRICT))
    assert [holder.reference for holder in on_namespace.failing] == ["risk/other:1.0.0"]
    assert on_namespace.current.policy == "open"
    on_model = planning.plan(admin, Proposal("fraud/scorer", source=STRICT))
    assert ([item.stage for item in on_model.stranded], on_model.failing) == (["Staging"], ())


@pytest.mark.usefixtures("holders")
def test_applying_does_what_was_planned(services: Services, admin: Actor) -> None:
    planning = services.governance.planning
    plan = planning.plan(admin, Proposal("fraud", source=STRICT))
    applied = planning.apply(admin, Proposal("fraud", source=STRICT), plan=str(plan.digest), reason="stricter")
    assert applied.receipt is not None
    governing = services.governance.policies.governing(admin, SCORER)
    assert governing.published.policy.digest == plan.policy.digest
    assert (governing.assignment.scope, governing.assignment.id) == (plan.scope, applied.value.id)
    after = planning.plan(admin, Proposal("fraud", "strict"))
    assert after.changes_nothing
    assert after.changes == ()
    assert (after.stranded, [held.reference for held in after.holders]) == (
        plan.stranded,
        [held.reference for held in plan.holders],
    )
    assert planning.apply(admin, Proposal("fraud", source=STRICT)).receipt is None


@pytest.mark.usefixtures("holders")
def test_nothing_is_applied_when_the_plan_has_changed(services: Services, admin: Actor) -> None:
    planning = services.governance.planning
    plan = str(planning.plan(admin, Proposal("*", source=STRICT)).digest)
    other = ModelName.parse("risk/other")
    services.versions.log_metrics(admin, other, parse_selector("1"), (Metric("auc", 0.99),))
    with pytest.raises(PlanChangedError, match="plan again"):
        planning.apply(admin, Proposal("*", source=STRICT), plan=plan)
    with pytest.raises(PolicyNotFoundError):
        services.governance.policies.get("strict")
    again = planning.plan(admin, Proposal("*", source=STRICT))
    assert again.failing == ()
    planning.apply(admin, Proposal("*", source=STRICT), plan=str(again.digest))
    assert services.governance.policies.governing(admin, SCORER).published.policy.name == "strict"


def test_a_plan_names_the_open_requests_whose_votes_lapse(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    version = a_version(services, admin, record=with_auc(0.95))
    request = services.governance.promotions.request(
        admin, Reference.parse(version.reference), "Staging", reason="trial"
    ).value
    planning = services.governance.planning
    (affected,) = planning.plan(admin, Proposal("fraud", source=STRICT)).requests
    assert (affected.reference, affected.source, affected.target) == (version.reference, "Draft", "Staging")
    assert affected.allowed is False
    assert affected.id in str(request)
    (still,) = planning.plan(admin, Proposal("*", "open")).requests
    assert still.allowed
    assert planning.plan(admin, Proposal("risk", "open")).requests == ()
    assert planning.plan(admin, Proposal("*", "default")).requests == ()


def test_a_namespace_keeper_plans_there_and_publishes_nothing(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    keeper, planning = policy_keeper(services, admin, "fraud"), services.governance.planning
    assert planning.plan(keeper, Proposal("fraud", source=STRICT)).policy.name == "strict"
    with pytest.raises(ForbiddenError):
        planning.apply(keeper, Proposal("fraud", source=STRICT))
    with pytest.raises(ForbiddenError):
        planning.plan(keeper, Proposal("*", "open"))
    services.governance.policies.publish(admin, STRICT)
    assert planning.apply(keeper, Proposal("fraud", source=STRICT)).value.policy == "strict"


@pytest.mark.parametrize(
    ("proposal", "error"),
    [
        ({"policy": "open", "source": STRICT}, InvalidValueError),
        ({}, InvalidValueError),
        ({"source": STRICT, "number": 1}, InvalidValueError),
        ({"policy": "gone"}, PolicyNotFoundError),
        ({"source": "name: x"}, PolicyRefusedError),
    ],
)
def test_what_proposes_nothing_is_refused(
    services: Services, admin: Actor, proposal: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.governance.planning.plan(admin, Proposal("*", **proposal))
