"""Which expressions of a policy are new to what governs."""

from typing import Any

from tests.unit.governance.documents import a_document

from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.policy_documents import read_policy
from modelkeep.domains.governance.domain.trials import new_expressions


def gate(identity: str, expression: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"id": identity, "kind": "cel", "config": {"expression": expression}, **more}


def policy(**gates: list[dict[str, Any]]) -> Policy:
    """Return a policy with these gates before each stage."""
    moves = [{"from": "Draft", "to": stage, "gates": asked} for stage, asked in gates.items()]
    return read_policy(a_document(moves=moves), 1)


def named(found: tuple[tuple[Any, Any], ...]) -> list[tuple[str, str]]:
    return [(move.target, asked.id) for move, asked in found]


def test_what_governs_already_under_any_name_or_severity_is_not_new() -> None:
    before = policy(Live=[gate("auc", "metrics.auc > 0.9")])
    after = policy(Live=[gate("quality", "metrics.auc > 0.9", severity="warn"), gate("f1", "metrics.f1 > 0.9")])
    assert named(new_expressions(after, before)) == [("Live", "f1")]
    assert new_expressions(before, before) == ()


def test_the_same_expression_before_another_stage_is_new_there() -> None:
    before = policy(Live=[gate("auc", "metrics.auc > 0.9")])
    after = policy(Live=[gate("auc", "metrics.auc > 0.9")], Trial=[gate("auc", "metrics.auc > 0.9")])
    assert named(new_expressions(after, before)) == [("Trial", "auc")]


def test_gates_of_other_kinds_are_no_expressions() -> None:
    assert new_expressions(policy(Live=[{"id": "scan", "kind": "scan_pass"}]), policy()) == ()
