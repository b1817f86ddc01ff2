"""Policies over REST: lint, publish, assign, and which governs a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.facade.rest.registry import API, Rest, a_registry, problem

POLICIES, ASSIGNMENTS = f"{API}/policies", f"{API}/policy-assignments"
SMALL = """\
# kept as it is written
name: small
stages:
  - name: Draft
  - name: Live
    exclusive: true
    replaced_to: Draft
moves:
  - from: Draft
    to: Live
"""


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    folder: Path = tmp_path_factory.mktemp("registry")
    with a_registry(folder) as registry:
        registry.create_model()
        yield registry


def lint(rest: Rest, source: str) -> Any:  # noqa: ANN401 - JSON
    return rest.http.post(f"{POLICIES}/lint", json={"source": source}).json()


def test_what_ships_fulfils_the_schema(rest: Rest) -> None:
    schema = rest.http.get(f"{POLICIES}/schema").json()
    validator = jsonschema_rs.Draft202012Validator(schema)
    for item in rest.http.get(POLICIES).json()["items"]:
        assert validator.is_valid(rest.http.get(f"{POLICIES}/{item['name']}").json()["document"])


def test_a_document_is_linted_at_line_and_column(rest: Rest) -> None:
    assert lint(rest, SMALL) == {"publishable": True, "findings": [], "trials": None}
    found = lint(rest, SMALL.replace("to: Live", "to: Life"))
    assert found["publishable"] is False
    assert {(finding["line"], finding["column"], finding["code"]) for finding in found["findings"]} == {
        (5, 5, "unreachable_stage"),
        (10, 5, "unknown_stage"),
    }


def test_an_expression_that_does_not_compile_is_pointed_at(rest: Rest) -> None:
    gate = "    gates: [{id: x, kind: cel, config: {expression: metrics.auc + 1.0}}]\n"
    (found,) = lint(rest, SMALL + gate)["findings"]
    assert (found["line"], found["column"], found["severity"]) == (11, 41, "error")
    assert "it is of type double" in found["message"]


def test_a_new_expression_is_tried_on_the_newest_versions(rest: Rest) -> None:
    version = rest.push({"model.bin": b"scored"}, metrics=[{"name": "auc", "value": 0.5}])
    source = SMALL + "    gates: [{id: x, kind: cel, config: {expression: metrics.auc >= 0.9}}]\n"
    found = rest.http.post(f"{POLICIES}/lint", json={"source": source, "against": "fraud/scorer"}).json()
    planned = rest.http.post(f"{POLICIES}/plan", json={"source": source, "scope": "fraud/scorer"}).json()
    assert found["trials"] == planned["trials"]
    ((trial,), not_tried) = found["trials"]["tried"], found["trials"]["not_tried"]
    assert (trial["gate"], trial["from_stage"], trial["to_stage"], not_tried) == ("x", "Draft", "Live", 0)
    (said,) = trial["versions"]
    assert (said["version"], said["status"]) == (version["reference"], "failed")
    nowhere = rest.http.post(f"{POLICIES}/lint", json={"source": source, "against": "fraud/none"})
    problem(nowhere, 404, "catalog.model_not_found")


def test_a_policy_is_published_once_and_read_in_every_version(rest: Rest) -> None:
    first = rest.http.post(POLICIES, json={"source": SMALL})
    again = rest.http.post(POLICIES, json={"source": SMALL.replace("# kept", "# not kept")})
    other = rest.http.post(POLICIES, json={"source": f"description: More\n{SMALL}"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert (first.json()["number"], again.json()["number"], other.json()["number"]) == (1, 1, 2)
    assert again.json() == first.json() | {"audit": None}
    versions = rest.http.get(f"{POLICIES}/small/versions").json()["items"]
    assert [version["number"] for version in versions] == [2, 1]
    assert rest.http.get(f"{POLICIES}/small/versions/1").json()["source"] == SMALL
    assert rest.http.get(f"{POLICIES}/small").json()["description"] == "More"
    problem(rest.http.get(f"{POLICIES}/small/versions/3"), 404, "governance.policy_not_found")
    refused = problem(rest.http.post(POLICIES, json={"source": "name: x"}), 422, "governance.policy_refused")
    assert {finding["code"] for finding in refused["context"]["findings"]} == {"missing"}


def test_what_is_assigned_governs_until_it_is_taken_back(rest: Rest) -> None:
    governing = f"{API}/models/fraud/scorer/policy"
    assert rest.http.get(governing).json()["assignment"]["scope"] == "*"
    body = {"scope": "fraud", "policy": "open", "reason": "trials"}
    assigned = rest.http.post(ASSIGNMENTS, json=body)
    assert assigned.status_code == 201
    assert rest.http.post(ASSIGNMENTS, json=body).status_code == 200
    found = rest.http.get(governing).json()
    assert (found["policy"]["name"], found["assignment"]["id"]) == ("open", assigned.json()["id"])
    before = {"as_of": assigned.json()["since"].replace("Z", "+00:00")}
    assert rest.http.get(governing, params=before).json()["policy"]["name"] == "open"
    ended = rest.http.delete(f"{ASSIGNMENTS}/{assigned.json()['id']}", params={"reason": "over"}).json()
    assert ended["until"] is not None
    assert rest.http.get(governing).json()["policy"]["name"] == "default"
    listed = rest.http.get(ASSIGNMENTS).json()["items"]
    assert [item["scope"] for item in listed] == ["*"]
    past = rest.http.get(ASSIGNMENTS, params={"scope": "fraud", "history": True}).json()["items"]
    assert [item["until"] for item in past] == [ended["until"]]
    problem(rest.http.delete(f"{ASSIGNMENTS}/{listed[0]['id']}"), 409, "governance.registry_needs_policy")


def test_an_assignment_is_held_to_the_plan_that_was_shown(rest: Rest) -> None:
    proposal = {"scope": "fraud/scorer", "source": f"description: Planned\n{SMALL}"}
    plan = rest.http.post(f"{POLICIES}/plan", json=proposal).json()
    assert (plan["number"], plan["current"]["policy"], plan["stranded"], plan["failing"]) == (None, "default", [], [])
    assert {"kind": "removed", "where": "stages[Staging]"}.items() <= next(
        change for change in plan["changes"] if change["where"] == "stages[Staging]"
    ).items()
    other = proposal | {"plan": "sha256:" + "0" * 64}
    problem(rest.http.post(ASSIGNMENTS, json=other), 412, "governance.plan_changed")
    assigned = rest.http.post(ASSIGNMENTS, json=proposal | {"plan": plan["plan"]}).json()
    assert (assigned["scope"], assigned["digest"]) == ("fraud/scorer", plan["policy_digest"])
    problem(rest.http.post(ASSIGNMENTS, json={"scope": "fraud"}), 422, "kernel.invalid_value")
