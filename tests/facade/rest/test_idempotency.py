"""A POST that carries an Idempotency-Key takes effect once, however often it comes."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.facade.rest.registry import API, Rest, problem

from modelkeep.domains.audit import IdempotencyService
from modelkeep.platform.database import DatabaseUnavailableError

MODEL = f"{API}/models/fraud/scorer"
KEY = {"Idempotency-Key": "5f1c"}


def test_a_repeated_request_is_answered_as_the_first_was(on_each_database: Rest) -> None:
    rest = on_each_database
    first = rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY)
    again = rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_a_key_stands_for_one_request(rest: Rest) -> None:
    rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY)
    for path, body in ((f"{API}/namespaces", {"name": "other"}), (f"{API}/models", {"name": "fraud"})):
        problem(rest.http.post(path, json=body, headers=KEY), 422, "audit.idempotency_key_reused")
    assert rest.http.get(f"{API}/namespaces/other").status_code == 404


def test_a_narrower_token_is_not_shown_what_another_was_answered(rest: Rest) -> None:
    rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY)
    narrow = rest.http.post(f"{API}/tokens", json={"permissions": ["model.read"], "scopes": ["risk"]}).json()
    as_narrow = KEY | {"Authorization": f"Bearer {narrow['token']}"}
    again = rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=as_narrow)
    problem(again, 422, "audit.idempotency_key_reused")


def test_a_request_that_was_refused_may_be_mended_under_its_key(rest: Rest) -> None:
    problem(rest.http.post(f"{API}/models", json={"name": "fraud/a"}, headers=KEY), 404, "catalog.namespace_not_found")
    rest.http.post(f"{API}/namespaces", json={"name": "fraud"})
    assert rest.http.post(f"{API}/models", json={"name": "fraud/a"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"tab\there", "ü".encode()])
def test_a_key_that_is_none_is_refused(rest: Rest, key: bytes) -> None:
    refused = rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers={b"Idempotency-Key": key})
    problem(refused, 422, "kernel.invalid_value")


def test_a_post_without_a_body_is_repeated_like_any_other(rest: Rest) -> None:
    rest.create_model()
    rest.http.delete(MODEL, headers={"If-Match": "*"})
    first = rest.http.post(f"{MODEL}/restore", headers=KEY)
    again = rest.http.post(f"{MODEL}/restore", headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_whole_push_may_be_repeated_under_its_keys(rest: Rest) -> None:
    rest.create_model()
    upload = rest.open_upload({"a": b"x"})
    rest.push({"a": b"x"})
    body = {"manifest_digest": upload["manifest_digest"]}
    keyed = [rest.http.post(f"{MODEL}/versions", json=body | {"version": "2.0.0"}, headers=KEY) for _ in range(3)]
    assert [answer.status_code for answer in keyed] == [201, 201, 201]
    assert len({answer.content for answer in keyed}) == 1
    assert rest.http.get(MODEL).json()["last_number"] == 2


def test_a_stream_that_is_asked_for_twice_is_sent_twice(rest: Rest) -> None:
    rest.create_model()
    rest.push({"a": b"x"})
    manifest = rest.http.get(f"{MODEL}/versions/1/manifest").json()
    body = {"digests": [manifest["files"][0]["digest"]]}
    sent = [rest.http.post(f"{MODEL}/versions/1/blobs", json=body, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].content == sent[1].content != b""


def test_keys_of_a_get_mean_nothing(rest: Rest) -> None:
    answer = rest.http.get(f"{API}/models", headers=KEY)
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body", "count"),
    [
        ("/namespaces", {"name": "team"}, lambda rest: len(rest.http.get(f"{API}/namespaces").json()["items"]) - 2),
        ("/models/fraud/scorer/versions/1/metrics", {"metrics": [{"name": "auc", "value": 1}]}, lambda _rest: 1),
    ],
)
def test_of_duplicates_at_the_same_moment_one_takes_effect(
    on_each_database: Rest,
    path: str,
    body: dict[str, Any],
    count: Callable[[Rest], int],
) -> None:
    rest = on_each_database
    rest.create_model()
    revision = rest.push({"a": b"x"})["revision"]
    senders = 8
    start = Barrier(senders)

    def send(_: int) -> Any:  # noqa: ANN401 - TestClient's response
        start.wait()
        return rest.http.post(f"{API}{path}", json=body, headers=KEY)

    with ThreadPoolExecutor(senders) as pool:
        answers = list(pool.map(send, range(senders)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 201, 409}, [answer.text for answer in answers]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"audit.request_repeated"}
    effects = {answer.content for answer in answers if answer.status_code < 300}
    assert len(effects) == 1
    assert rest.http.post(f"{API}{path}", json=body, headers=KEY).content in effects
    assert count(rest) == 1
    if "metrics" in path:
        assert rest.http.get(f"{MODEL}/versions/1").json()["revision"] == revision + 1


def test_an_answer_that_was_lost_with_its_server_is_told_so(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_arguments: object) -> None:
        raise DatabaseUnavailableError("gone at the wrong moment")

    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyService, "keep", lose)
        first = rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY)
    assert first.status_code == 201, "the effect stands, and so does its answer"
    again = problem(
        rest.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=KEY), 409, "audit.request_repeated"
    )
    assert "read what you wanted to change" in again["detail"]
