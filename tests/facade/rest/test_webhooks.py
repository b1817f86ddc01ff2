"""Subscriptions and background jobs over REST."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.facade.rest.registry import ANY, API, Rest, a_registry, problem
from tests.servers.webhooks import Receiver, receiving

HOOKS = f"{API}/webhooks"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Rest]:
    """A registry that may send requests to this machine."""
    with a_registry(tmp_path / "data", outbound_allow="127.0.0.1") as registry:
        yield registry


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def create(rest: Rest, receiver: Receiver, **fields: Any) -> Any:  # noqa: ANN401 - JSON
    created = rest.http.post(HOOKS, json={"name": "ci", "url": receiver.url, **fields})
    assert created.status_code == 201, created.text
    assert created.headers["Cache-Control"] == "no-store"
    return created.json()


def test_a_subscription_is_made_read_changed_and_deleted(local: Rest, receiver: Receiver) -> None:
    made = create(local, receiver, selection={"types": ["model_*"], "namespace": "fraud"})
    assert made["secret"].startswith("whsec_")
    assert made["selection"] == {"types": ["MODEL_*"], "namespace": "fraud", "model": ""}
    assert made["audit"]["seq"] == made["cursor"] + 1
    path = f"{HOOKS}/{made['id']}"
    read = local.http.get(path)
    assert read.headers["ETag"] == '"1"'
    moving = {"cursor": read.json()["cursor"]}  # the event of its creation is passed by meanwhile
    assert read.json() == made | {"secret": None, "audit": None} | moving
    assert [one["id"] for one in local.http.get(HOOKS).json()["items"]] == [made["id"]]
    changed = local.http.patch(path, json={"enabled": False}, headers={"If-Match": '"1"'}).json()
    assert (changed["disabled_reason"], changed["revision"]) == ("by_hand", 2)
    problem(local.http.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'}), 412, "kernel.stale_revision")
    assert local.http.delete(path, headers=ANY).status_code == 200
    problem(local.http.get(path), 404, "events.subscription_not_found")


def test_a_secret_is_answered_once_and_kept_for_no_repetition(local: Rest, receiver: Receiver) -> None:
    body = {"name": "ci", "url": receiver.url}
    headers = {"Idempotency-Key": "one"}
    assert local.http.post(HOOKS, json=body, headers=headers).json()["secret"]
    problem(local.http.post(HOOKS, json=body, headers=headers), 409, "audit.request_repeated")
    (made,) = local.http.get(HOOKS).json()["items"]
    rotated = local.http.post(f"{HOOKS}/{made['id']}/rotate-secret", json={"overlap_seconds": 60})
    assert rotated.headers["Cache-Control"] == "no-store"
    assert rotated.json()["secret"].startswith("whsec_")


def test_what_was_sent_is_seen_and_can_be_sent_again(local: Rest, receiver: Receiver) -> None:
    made = create(local, receiver, selection={"types": ["MODEL_CREATED"]})
    path = f"{HOOKS}/{made['id']}"
    receiver.answer, receiver.status = b"noted", 200
    tested = local.http.post(f"{path}/test").json()
    assert (tested["outcome"], tested["status"], tested["excerpt"]) == ("delivered", 200, "noted")
    seq = local.create_model()["audit"]["seq"]
    again = local.http.post(f"{path}/events/{seq}/deliver").json()
    assert (again["seq"], again["purpose"]) == (seq, "replay")
    problem(local.http.post(f"{path}/events/{seq - 1}/deliver"), 404, "events.event_not_found")
    assert local.http.post(f"{path}/replay", json={"from_seq": 0}).json()["cursor"] == -1
    found = local.http.get(f"{path}/deliveries", params={"outcome": "delivered"}).json()["items"]
    assert {"test", "replay"} <= {line["purpose"] for line in found}


def test_what_is_sent_now_is_audited_and_sent_once_for_its_key(local: Rest, receiver: Receiver) -> None:
    path = f"{HOOKS}/{create(local, receiver, selection={'types': ['MODEL_CREATED']})['id']}"
    receiver.status = 200
    seq = local.create_model()["audit"]["seq"]
    for way, purpose, action in (
        (f"events/{seq}/deliver", "replay", "events.subscription_event_resent"),
        ("test", "test", "events.subscription_tested"),
    ):
        first, second = (local.http.post(f"{path}/{way}", headers={"Idempotency-Key": f"key of {way}"}) for _ in "ab")
        assert (first.json(), second.headers["Idempotent-Replayed"]) == (second.json(), "true")
        sent = local.http.get(f"{path}/deliveries").json()["items"]
        assert [one["purpose"] for one in sent].count(purpose) == 1
        reader = local.services.audit_reader
        assert reader.read(reader.size() - 2, 1)[0].action == action


@pytest.mark.parametrize("url", ["https://127.0.0.2/", "http://169.254.169.254/", "https://[::1]/", "no address"])
def test_an_address_within_is_refused(local: Rest, url: str) -> None:
    problem(local.http.post(HOOKS, json={"name": "x", "url": url}), 422, "outbound.refused")


def test_a_type_that_there_is_not_is_refused(local: Rest, receiver: Receiver) -> None:
    body = {"name": "x", "url": receiver.url, "selection": {"types": ["MODEL_LOVED"]}}
    problem(local.http.post(HOOKS, json=body), 422, "events.invalid_subscription")
    answer = local.http.get(f"{API}/events/stream", params={"type": "MODEL_LOVED"})
    problem(answer, 422, "events.invalid_subscription")


def test_jobs_are_listed_and_cancelled(local: Rest, receiver: Receiver) -> None:
    create(local, receiver)
    assert local.http.get(f"{API}/jobs").json()["items"] == []
    ready = local.http.get(f"{API}/jobs", params={"status": "ready"}).json()["items"]
    job = next(job for job in ready if job["kind"] == "events.deliver")
    assert local.http.get(f"{API}/jobs/{job['id']}").json()["key"] == job["key"]
    problem(local.http.post(f"{API}/jobs/{job['id']}/retry"), 404, "events.job_not_found")
    cancelled = local.http.post(f"{API}/jobs/{job['id']}/cancel").json()
    assert (cancelled["status"], cancelled["audit"] is None) == ("cancelled", False)
