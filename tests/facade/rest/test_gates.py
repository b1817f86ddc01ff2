"""Gates, waivers and answers of other systems over REST."""

from datetime import timedelta
from typing import Any

import pytest
from tests.facade.rest.registry import API, Rest, problem
from tests.gates import CEL, EXTERNAL, govern
from tests.people import a_token, somebody

MODEL = f"{API}/models/fraud/scorer"
VERSION = f"{MODEL}/versions/1.0.0"
GATES = f"{VERSION}/gates"


@pytest.fixture
def other(rest: Rest) -> dict[str, str]:
    """Headers of an administrator who did not make the version."""
    rest.create_model()
    rest.push({"a": b"1"}, metrics=[{"name": "auc", "value": 0.7}])
    operator = somebody(rest.services, "admin")
    govern(rest.services, operator, CEL, EXTERNAL)
    return {"Authorization": f"Bearer {a_token(rest.services, operator)}"}


def checked(rest: Rest) -> dict[str, Any]:
    found = rest.http.get(GATES, params={"stage": "production"})
    assert found.status_code == 200, found.text
    return {gate["gate"]: gate for gate in found.json()["gates"]} | {"open": found.json()["open"]}


def waiver(rest: Rest) -> dict[str, Any]:
    soon = rest.services.access.clock() + timedelta(days=7)
    return {"gate": "good", "reason": "seen by hand", "expires_at": soon.isoformat()}


def test_gates_say_what_is_wrong(rest: Rest, other: dict[str, str]) -> None:
    assert other
    found = checked(rest)
    assert (found["good"]["status"], found["good"]["blocks"]) == ("failed", True)
    assert found["good"]["message"] == "`metrics.auc >= 0.9` is false"
    assert found["load-test"]["status"] == "pending"
    problem(rest.http.get(GATES, params={"stage": "Moon"}), 409, "governance.move_not_allowed")
    problem(rest.http.get(GATES), 422, "rest.invalid_request")


def test_a_waiver_is_given_listed_and_ended(rest: Rest, other: dict[str, str]) -> None:
    problem(rest.http.post(f"{VERSION}/waivers", json=waiver(rest)), 403, "governance.own_waiver")
    given = rest.http.post(f"{VERSION}/waivers", json=waiver(rest), headers=other)
    assert given.status_code == 201, given.text
    assert given.json()["audit"]["seq"] > 0
    assert checked(rest)["good"]["status"] == "waived"
    (listed,) = rest.http.get(f"{MODEL}/waivers").json()["items"]
    assert listed | {"audit": None} == given.json() | {"audit": None}
    ended = rest.http.delete(f"{MODEL}/waivers/{listed['id']}", headers=other)
    assert ended.json()["ended_at"] is not None
    assert checked(rest)["good"]["status"] == "failed"
    problem(rest.http.delete(f"{MODEL}/waivers/{listed['id']}"), 404, "governance.waiver_not_found")


def test_another_system_answers_with_a_token_and_nothing_else(rest: Rest, other: dict[str, str]) -> None:
    problem(rest.http.post(f"{GATES}/load-test/tokens", json={}), 403, "governance.own_check")
    asked = rest.http.post(f"{GATES}/load-test/tokens", json={"minutes": 60}, headers=other)
    assert asked.status_code == 201, asked.text
    assert asked.headers["Cache-Control"] == "no-store"
    answers, token = f"{API}/gates/external/{asked.json()['id']}", asked.json()["token"]
    rest.http.headers.pop("Authorization")
    problem(rest.http.post(answers, json={"token": "x", "passed": True}), 401, "governance.check_refused")
    answered = rest.http.post(answers, json={"token": token, "passed": True, "details": "fast"})
    assert (answered.status_code, answered.json()["passed"]) == (200, True)
    assert rest.http.post(answers, json={"token": token, "passed": True, "details": "fast"}).status_code == 200
    problem(rest.http.post(answers, json={"token": token, "passed": False}), 409, "governance.check_closed")
