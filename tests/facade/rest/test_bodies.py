"""Hostile, huge and malformed bodies: a clear refusal, never a 500, and nothing changed."""

import json
from pathlib import Path

import pytest
from tests.facade.rest.registry import API, JSON, Rest, a_registry, problem

MALFORMED = {
    "not JSON": b"{name: fraud}",
    "cut short": b'{"name": "fra',
    "an array": b"[]",
    "a text": b'"fraud"',
    "null": b"null",
    "nothing": b"",
    "a key twice": b'{"name": "fraud", "name": "other"}',
    "a key twice, deep down": b'{"name": "fraud", "description": {"a": 1, "a": 2}}',
    "NaN": b'{"name": "fraud", "description": NaN}',
    "an infinity": b'{"name": "fraud", "description": -Infinity}',
    "a number out of range": b'{"name": "fraud", "description": 1e999}',
    "half a surrogate pair": rb'{"name": "fraud", "description": "\ud800"}',
    "not UTF-8": b'{"name": "fraud", "description": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"name": "fraud"}',
    "100,000 arrays deep": b'{"name": "fraud", "description": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a huge integer": b'{"name": "fraud", "description": ' + b"9" * 1_000_000 + b"}",
    "100,000 unknown fields": json.dumps({f"k{i}": i for i in range(100_000)}).encode(),
    "a long description": json.dumps({"name": "fraud", "description": "x" * 11_000_000}).encode(),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_refused_and_changes_nothing(shared: Rest, body: bytes) -> None:
    refused = shared.http.post(f"{API}/namespaces", content=body, headers=JSON)
    assert refused.status_code == 422, refused.text[:500]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert len(refused.content) < 10_000
    assert shared.http.get(f"{API}/namespaces/fraud").status_code == 404


@pytest.mark.parametrize("media_type", ["Application/JSON", "application/json ; charset=utf-8", "APPLICATION/JSON"])
@pytest.mark.parametrize("case", ["a key twice", "NaN", "100,000 arrays deep"])
def test_json_is_read_strictly_however_its_media_type_is_spelled(shared: Rest, media_type: str, case: str) -> None:
    refused = shared.http.post(f"{API}/namespaces", content=MALFORMED[case], headers={"Content-Type": media_type})
    problem(refused, 422, "kernel.invalid_json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/vnd.api+json", "application/x-json", ""])
def test_a_body_of_another_media_type_is_refused_with_what_to_send(shared: Rest, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    refused = shared.http.post(f"{API}/namespaces", content=b'{"name": "fraud"}', headers=headers)
    assert "application/json" in problem(refused, 415, "rest.not_json")["detail"]


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_a_body_above_the_limit_is_refused(tmp_path: Path, media_type: str) -> None:
    with a_registry(tmp_path / "data", max_json_bytes=1_000_000) as rest:
        body = json.dumps({"name": "fraud", "description": "x" * 1_000_000}).encode()
        refused = rest.http.post(f"{API}/namespaces", content=body, headers={"Content-Type": media_type})
        assert refused.status_code == (413 if media_type == "application/json" else 415)
        assert rest.http.get(f"{API}/namespaces/fraud").status_code == 404


def test_a_stranger_is_refused_before_a_body_is_read(shared: Rest) -> None:
    stranger = {**JSON, "Authorization": "Bearer nothing"}
    refused = shared.http.post(f"{API}/namespaces", content=MALFORMED["100,000 arrays deep"], headers=stranger)
    problem(refused, 401, "access.unauthenticated")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/namespaces", {"name": "fraud", "descripton": "typo"}),
        ("/models", {"name": "fraud/scorer", "descripton": "typo"}),
        ("/models/fraud/scorer/versions", {"manifest_digest": "sha256:" + "0" * 64, "metric": []}),
        ("/models/fraud/scorer/versions/1/metrics", {"metrics": [{"name": "auc", "value": 1, "valeu": 2}]}),
    ],
)
def test_an_unknown_field_is_refused_by_name(shared: Rest, path: str, body: dict[str, object]) -> None:
    refused = problem(shared.http.post(f"{API}{path}", json=body), 422, "rest.invalid_request")
    assert any(name in refused["detail"] for name in ("descripton", "metric", "valeu"))


def test_the_fields_of_a_refusal_are_named_for_programs_too(shared: Rest) -> None:
    refused = problem(shared.http.post(f"{API}/namespaces", json={"description": 3}), 422, "rest.invalid_request")
    assert [error["field"] for error in refused["context"]["errors"]] == ["body.name", "body.description"]


def test_the_values_of_a_refused_body_are_not_repeated(shared: Rest) -> None:
    secret = {"name": ["hunter2"], "description": "x"}
    assert "hunter2" not in shared.http.post(f"{API}/namespaces", json=secret).text


@pytest.mark.parametrize("value", [1e308, -1e-300, 0.1, 3, 2**53 - 1])
def test_any_finite_metric_comes_back_as_it_went(rest: Rest, value: float) -> None:
    rest.create_model()
    rest.push({"a": b"x"})
    body = {"metrics": [{"name": "auc", "value": value}]}
    logged = rest.http.post(f"{API}/models/fraud/scorer/versions/1/metrics", json=body)
    assert logged.status_code == 200
    assert logged.json()["metrics"][0]["value"] == value


def test_a_refusal_is_short_however_long_the_name_of_an_unknown_field(shared: Rest) -> None:
    refused = shared.http.post(f"{API}/namespaces", json={"x" * 5_000_000: 1, "name": "fraud"})
    assert len(refused.content) < 2_000
    assert problem(refused, 422, "rest.invalid_request")["context"]["errors"][0]["field"].startswith("body.xxx")
