"""A new expression is tried on the newest versions before it stops anybody."""

import json
from typing import Any

import pytest
from tests.builders import a_model, a_version
from tests.people import policy_keeper, somebody
from tests.service.catalog.test_query_plans import captured
from tests.unit.governance.documents import a_document

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import Metric, VersionRecord
from modelkeep.domains.governance import Proposal, Trial, Trials
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference


def cel(identity: str, expression: str) -> dict[str, Any]:
    return {"id": identity, "kind": "cel", "config": {"expression": expression}}


def asking(*gates: dict[str, Any]) -> str:
    return json.dumps(a_document(moves=[{"from": "Draft", "to": "Live", "gates": list(gates)}]))


AUC = cel("auc", "metrics.auc >= 0.9")


def with_auc(value: float | None) -> VersionRecord:
    return VersionRecord(metrics=() if value is None else (Metric("auc", value),))


def said(trial: Trial) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(tried.reference, tried.status, tried.missing) for tried in trial.versions]


def tried(services: Services, actor: Actor, source: str, against: str) -> tuple[Trial, ...]:
    found = services.governance.planning.lint(actor, source, against).trials
    assert isinstance(found, Trials)
    return found.tried


@pytest.fixture
def scored(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_model(services, admin, "risk/other")
    for auc in (0.95, 0.5, None):
        a_version(services, admin, record=with_auc(auc))
    a_version(services, admin, "risk/other", record=with_auc(0.99))


@pytest.mark.usefixtures("scored")
def test_an_expression_is_tried_on_the_newest_versions_of_its_scope(services: Services, admin: Actor) -> None:
    (trial,) = services.governance.planning.plan(admin, Proposal("fraud", source=asking(AUC))).trials.tried
    assert (trial.gate.id, trial.move.source, trial.move.target) == ("auc", "Draft", "Live")
    assert said(trial) == [
        ("fraud/scorer:1.0.2", "error", ("metrics.auc",)),
        ("fraud/scorer:1.0.1", "failed", ()),
        ("fraud/scorer:1.0.0", "passed", ()),
    ]
    assert "not on record: metrics.auc" in trial.versions[0].message
    (linted,) = tried(services, admin, asking(AUC), "fraud/scorer")
    assert linted == trial
    (everywhere,) = tried(services, admin, asking(AUC), "*")
    assert everywhere.versions[0].reference == "risk/other:1.0.0"


@pytest.mark.usefixtures("scored")
def test_what_governs_already_is_not_tried_again(services: Services, admin: Actor) -> None:
    planning = services.governance.planning
    planning.apply(admin, Proposal("fraud", source=asking(AUC)))
    assert tried(services, admin, asking(AUC), "fraud") == ()
    changed = asking(cel("auc", "metrics.auc >= 0.4"), cel("many", "version.number > 1"))
    assert [trial.gate.id for trial in tried(services, admin, changed, "fraud")] == ["auc", "many"]
    assert len(tried(services, admin, asking(AUC), "risk")) == 1
    (elsewhere,) = tried(services, admin, asking(AUC), "*")
    assert [version.reference for version in elsewhere.versions] == ["risk/other:1.0.0"], "fraud keeps its own policy"


@pytest.mark.usefixtures("scored")
def test_only_versions_that_the_actor_may_read_are_tried(services: Services, admin: Actor) -> None:
    keeper = policy_keeper(services, admin, "risk")
    (trial,) = tried(services, keeper, asking(AUC), "*")
    assert [version.reference for version in trial.versions] == ["risk/other:1.0.0"]
    for scope in ("fraud", "fraud/scorer", "nowhere"):
        with pytest.raises(RegistryError) as refused:
            services.governance.planning.lint(keeper, asking(AUC), scope)
        assert refused.value.kind is Kind.NOT_FOUND
    (nothing,) = tried(services, somebody(services), asking(AUC), "*")
    assert nothing.versions == ()


@pytest.mark.usefixtures("scored")
def test_a_document_with_errors_is_not_tried(services: Services, admin: Actor) -> None:
    planning = services.governance.planning
    broken = planning.lint(admin, asking(cel("auc", "metrics.auc >= 1")), "*")
    assert (broken.linted.is_good, broken.trials) == (False, None)
    assert planning.lint(admin, asking(AUC)).trials is None


@pytest.mark.usefixtures("scored")
def test_the_facts_are_those_that_gates_see(services: Services, admin: Actor) -> None:
    services.governance.planning.apply(admin, Proposal("*", "open"))
    services.governance.promotions.request(admin, Reference.parse("fraud/scorer:1.0.0"), "Production", reason="x")
    gates = (
        cel("new", "current == null || version.metrics.auc > current.metrics.auc"),
        cel("card", "has(card.risk)"),
        cel("model", "model.name == 'fraud/scorer' && target_stage == 'Production'"),
    )
    source = json.dumps(
        a_document(
            stages=[{"name": "Draft"}, {"name": "Production", "exclusive": True, "replaced_to": "Draft"}],
            moves=[{"from": "Draft", "to": "Production", "gates": list(gates)}],
        )
    )
    newer, card, model = tried(services, admin, source, "fraud")
    assert [status for _, status, _ in said(newer)] == ["error", "failed", "failed"]
    assert [status for _, status, _ in said(card)] == ["failed", "failed", "failed"]
    assert [status for _, status, _ in said(model)] == ["passed", "passed", "passed"]


def test_a_trial_takes_as_many_queries_for_one_version_as_for_twenty(services: Services, admin: Actor) -> None:
    expression = "has(card.x) || current == null || model.name != 'x' || version.number > {}"
    source = asking(*(cel(f"g{number}", expression.format(number)) for number in range(50)))
    a_model(services, admin)

    def queries() -> int:
        return len(captured(services, admin, lambda s, a: s.governance.planning.lint(a, source, "fraud")))

    a_version(services, admin)
    for_one = queries()
    for _ in range(20):
        a_version(services, admin)
    assert queries() == for_one
    found = tried(services, admin, source, "fraud")
    assert (len(found), len(found[0].versions)) == (50, 20)
