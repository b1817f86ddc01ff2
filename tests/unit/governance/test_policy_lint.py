"""The linter says what is wrong with a policy, where, and what to do about it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.governance.documents import BUILT_IN, a_document, linted

from modelkeep.domains.governance import CelEngine
from modelkeep.domains.governance.domain.findings import Finding
from modelkeep.domains.governance.domain.gates.kinds import rule_of
from modelkeep.domains.governance.domain.policies import Gate, GateKind
from modelkeep.domains.governance.domain.policy_documents import policy_schema, read_policy, structure_findings
from modelkeep.domains.governance.domain.policy_lint import LintContext, lint
from modelkeep.domains.governance.service.policy_texts import SHIPPED, lint_text, shipped_source
from modelkeep.platform.yaml_documents import write_yaml

DRAFT, LIVE = {"name": "Draft"}, {"name": "Live", "exclusive": True, "replaced_to": "Draft"}
MOVE: dict[str, Any] = {"from": "Draft", "to": "Live"}
CEL = {"id": "good", "kind": "cel", "config": {"expression": "true"}}


def stages(*items: object) -> dict[str, Any]:
    return a_document(stages=[*items])


def a_move(**changes: object) -> dict[str, Any]:
    return a_document(moves=[MOVE | changes])


def a_step(**changes: object) -> dict[str, Any]:
    return a_move(approvals={"steps": [{"role": "LEGAL"} | changes]})


def codes(document: object) -> set[str]:
    return {placed.finding.code for placed in linted(json.dumps(document)).findings}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_that_ships_has_nothing_wrong(name: str) -> None:
    found = linted(shipped_source(name))
    assert found.findings == ()
    assert read_policy(found.checked(), 1).name == name


def test_a_small_policy_has_nothing_wrong() -> None:
    assert codes(a_document()) == set()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "wrong_type"),
        (a_document(name=None), "missing"),
        (a_document(stage=[]), "unknown_field"),
        (a_document(name="No Name"), "invalid_value"),
        (a_document(name="small\n"), "invalid_value"),
        (a_document(stages=[]), "empty"),
        (a_document(stages=[DRAFT] * 51), "too_long"),
        (stages(DRAFT, LIVE, DRAFT), "duplicate_stage"),
        (stages(DRAFT, LIVE, {"name": "Latest"}), "reserved_stage"),
        (stages({"name": "In Review"}), "invalid_value"),
        (stages(DRAFT | {"exclusive": True, "replaced_to": "Live"}, LIVE), "exclusive_first_stage"),
        (stages(DRAFT, {"name": "Live", "exclusive": True}), "nowhere_to_go"),
        (stages(DRAFT, {"name": "Live", "replaced_to": "Draft"}), "never_replaced"),
        (stages(DRAFT, LIVE | {"replaced_to": "Gone"}), "unknown_stage"),
        (stages(DRAFT, LIVE | {"replaced_to": "Live"}), "replaced_to_exclusive"),
        (stages(DRAFT, LIVE, {"name": "Gone"}), "unreachable_stage"),
        (a_move(to="Gone"), "unknown_stage"),
        (a_move(to="Draft"), "move_to_itself"),
        (a_document(moves=[MOVE, MOVE]), "duplicate_move"),
        (
            a_document(stages=[DRAFT, LIVE, {"name": "Gone"}], moves=[MOVE, MOVE | {"from": "Gone"}]),
            "move_out_of_nowhere",
        ),
        (a_step(approvals=0), "invalid_value"),
        (a_step(approvals=1.5), "wrong_type"),
        (a_step(role="NOBODY"), "unknown_role"),
        (a_step(role="viewer"), "powerless_role"),
        (a_step(escalate_after="7d"), "half_an_escalation"),
        (a_step(escalate_to="SECURITY"), "half_an_escalation"),
        (a_step(escalate_after="P7D", escalate_to="SECURITY"), "invalid_value"),
        (a_move(approvals={"steps": [{"role": "LEGAL"}, {"role": "LEGAL"}]}), "duplicate_step"),
        (
            a_move(
                approvals={
                    "expires_after": "1d",
                    "steps": [{"role": "LEGAL", "escalate_after": "2d", "escalate_to": "SECURITY"}],
                }
            ),
            "never_escalated",
        ),
        (a_move(gates=[CEL, CEL]), "duplicate_gate"),
        (
            a_document(
                moves=[
                    MOVE | {"gates": [CEL]},
                    {"from": "Live", "to": "Draft", "gates": [CEL | {"config": {"expression": "false"}}]},
                ]
            ),
            "ambiguous_gate",
        ),
        (a_move(gates=[{"id": "x", "kind": "cell"}]), "unknown_value"),
        (a_move(gates=[{"id": "x", "kind": "cel"}]), "missing"),
        (a_move(gates=[{"id": "x", "kind": "card_schema", "config": {}}]), "invalid_value"),
        (a_move(gates=[CEL | {"config": {"expression": "true", "age": "7d"}}]), "unknown_field"),
        (a_document(break_glass={"role": "maintainer", "expires_after": "1d"}), "missing"),
        (a_document(break_glass={"role": "LEGAL", "expires_after": "1d", "review_within": "1d"}), "powerless_role"),
        (a_document(review_every={"Gone": "1y"}), "unknown_stage"),
        (a_document(retention={"shoes": "1y"}), "unknown_field"),
    ],
)
def test_what_is_wrong_is_named(document: object, code: str) -> None:
    assert code in codes(document)


def test_a_finding_points_at_its_line_and_column_in_yaml() -> None:
    source = "name: small\nstages:\n  - name: Draft\nmoves:\n  - from: Draft\n    to:   Prodction\n"
    (found,) = linted(source).findings
    assert (found.line, found.column, found.finding.code) == (6, 5, "unknown_stage")


def test_a_finding_points_at_its_line_and_column_in_json_with_tabs_and_emoji() -> None:
    lines = ["{", '\t"name": "small",', '\t"description": "\\ud83d\\ude00 \\t",', '\t"stages": [{"nam": "Draft"}],']
    source = "\n".join([*lines, '\t"moves": []', "}"])
    found = [(placed.line, placed.column, placed.finding.code) for placed in linted(source).findings]
    assert found == [(4, 13, "missing"), (4, 14, "unknown_field")]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("name: a\nname: b\n", (2, 1)),
        ('{"name": 1,\n "name": 2}', (2, 2)),
        ("name: &a x\nother: *a\n", (1, 7)),
        ("name: [", (2, 1)),
        ("a: " + "[" * 100, (1, 67)),
    ],
)
def test_what_cannot_be_read_is_pointed_at(source: str, place: tuple[int, int]) -> None:
    (found,) = linted(source).findings
    assert (found.finding.code, found.line, found.column) == ("unreadable", *place)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    messages = [placed.finding.message for placed in linted(json.dumps(a_move(to="Lvie"))).findings]
    assert "no stage is called Lvie; did you mean `Live`?" in messages


def test_warnings_do_not_keep_a_policy_from_being_published() -> None:
    assert linted(json.dumps(a_step(role="NOBODY"))).is_good


def test_who_knows_what_gates_mean_is_asked() -> None:
    def check(gate: Gate) -> list[Finding]:
        assert gate.kind is GateKind.CEL
        return [Finding(("config", "expression"), "no_bool", "it is a number; compare it")]

    found = lint(a_move(gates=[CEL]), LintContext(BUILT_IN, check))
    assert [finding.path for finding in found] == [("moves", 0, "gates", 0, "config", "expression")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["Draft", "Live", "Gone", "draft", "", "7d", "0d", "LEGAL", "nobody", "cel", "max_age"])


def fragment(draw: st.DrawFn, schema: dict[str, Any], depth: int) -> object:
    """Return something that has the form of a part of the schema, more or less."""
    if "$ref" in schema:
        definitions: Any = policy_schema()["$defs"]
        return fragment(draw, definitions[schema["$ref"].rpartition("/")[2]], depth)
    kind = schema.get("type")
    if depth > 6 or kind is None or draw(st.integers(0, 30)) == 0:
        return draw(JSON | NAMES)
    if kind == "object" and "properties" in schema:
        members = schema["properties"]
        wanted = {*schema.get("required", ()), *draw(st.sets(st.sampled_from(sorted(members)), max_size=3))}
        return {name: fragment(draw, members[name], depth + 1) for name in sorted(wanted)}
    if kind == "array":
        return [fragment(draw, schema["items"], depth + 1) for _ in range(draw(st.integers(0, 3)))]
    return draw({"boolean": st.booleans(), "integer": st.integers(0, 3)}.get(kind, NAMES))


@st.composite
def near_policies(draw: st.DrawFn) -> object:
    return fragment(draw, dict(policy_schema()), 0)


@given(near_policies() | JSON)
def test_the_linter_survives_every_document_and_reads_what_it_lets_pass(document: Any) -> None:  # noqa: ANN401 - JSON
    found = linted(write_yaml(document))
    assert all(placed.line >= 1 and placed.column >= 1 and placed.finding.message for placed in found.findings)
    if not structure_findings(document):
        assert read_policy(document, 1).stages
    if found.is_good:
        assert read_policy(found.checked(), 1).name


@given(st.text(max_size=200) | st.text("{}[]:-,#&*!|>'\"% \n\tab01?", max_size=60))
def test_the_linter_survives_every_text(source: str) -> None:
    assert lint_text(source, lambda document: lint(document, LintContext())).findings


def test_everything_that_may_be_too_old_has_a_date() -> None:
    parts: Any = policy_schema()["$defs"]
    for of in parts["max_age_config"]["properties"]["of"]["enum"]:
        gate = Gate("fresh", GateKind.MAX_AGE, config={"of": of, "age": "7d"})
        assert rule_of(gate, "Live", CelEngine()).needs
