"""The audit log over REST."""

import pytest
from tests.facade.rest.registry import API, Rest, problem

ENTRIES = f"{API}/audit/entries"


def test_a_change_is_found_by_its_receipt_with_names_and_texts(rest: Rest) -> None:
    created = rest.create_model(description="For all to read")
    receipt = created["audit"]
    entry = rest.http.get(f"{ENTRIES}/{receipt['seq']}").json()
    assert entry["leaf_hash"] == receipt["leaf_hash"]
    assert (entry["type"], entry["action"], entry["subject"]) == (
        "MODEL_CREATED",
        "catalog.model_created",
        "fraud/scorer",
    )
    assert (entry["actor"]["name"], entry["actor"]["kind"]) == ("admin", "user")
    assert entry["data"] == {"model_id": created["id"], "revision": 1}
    assert entry["texts"]["description"] == "For all to read"
    assert entry["erased"] == []


def test_entries_are_listed_newest_first_and_by_condition(rest: Rest) -> None:
    rest.create_model()
    listed = rest.http.get(ENTRIES, params={"within": "fraud", "page_size": 1}).json()
    assert [item["type"] for item in listed["items"]] == ["MODEL_CREATED"]
    more = rest.http.get(ENTRIES, params={"within": "fraud", "page_token": listed["next_page_token"]}).json()
    assert [item["type"] for item in more["items"]] == ["NAMESPACE_CREATED"]
    oldest = rest.http.get(ENTRIES, params={"order": "oldest", "until": "2999-01-01", "since": "2026-01-01T00:00Z"})
    assert [item["seq"] for item in oldest.json()["items"]] == list(range(len(oldest.json()["items"])))


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"type": "MODEL_EATEN"}, "audit.unknown_event_type"),
        ({"since": "yesterday"}, "kernel.invalid_reference"),
        ({"until": "2026-11-16T09:00"}, "kernel.invalid_reference"),
        ({"order": "best"}, "rest.invalid_request"),
        ({"page_token": "x"}, "kernel.invalid_page_token"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(rest: Rest, params: dict[str, str], code: str) -> None:
    problem(rest.http.get(ENTRIES, params=params), 422, code)


def test_an_entry_that_is_not_there_is_not_found(rest: Rest) -> None:
    problem(rest.http.get(f"{ENTRIES}/100000"), 404, "audit.entry_not_found")
    problem(rest.http.get(f"{ENTRIES}/{2**70}"), 422, "rest.invalid_request")


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("jsonl", "application/jsonl"),
        ("csv", "text/csv; charset=utf-8"),
        ("cloudevents", "application/cloudevents-batch+json"),
    ],
)
def test_an_export_is_a_file_that_is_sent_compressed(rest: Rest, form: str, media_type: str) -> None:
    rest.create_model()
    sent = rest.http.get(f"{API}/audit/export", params={"format": form}, headers={"Accept-Encoding": "gzip"})
    assert sent.status_code == 200
    assert sent.headers["Content-Type"] == media_type
    assert sent.headers["Content-Encoding"] == "gzip"
    assert sent.headers["Content-Disposition"].startswith('attachment; filename="audit.')
    assert "fraud/scorer" in sent.text
    logged = rest.http.get(ENTRIES, params={"type": "LOG_EXPORTED"}).json()["items"]
    assert [entry["data"]["format"] for entry in logged] == [form]


def test_texts_are_erased_unless_they_are_on_hold(rest: Rest) -> None:
    rest.create_model(description="Typed by somebody")
    held = rest.http.post(f"{API}/audit/holds", json={"scope": "fraud", "reason": "case 7"})
    assert held.status_code == 201, held.text
    asked = {"within": "fraud", "fields": ["description"], "reason": "DSR 12"}
    refused = problem(rest.http.post(f"{API}/audit/erasures", json=asked), 409, "audit.on_hold")
    assert refused["context"]["holds"] == [held.json()["id"]]
    released = rest.http.post(f"{API}/audit/holds/{held.json()['id']}/release", json={"reason": "closed"}).json()
    assert released["released_by"]["name"] == "admin"
    erased = rest.http.post(f"{API}/audit/erasures", json=asked).json()
    assert erased["texts"] == 2
    logged = rest.http.get(f"{ENTRIES}/{erased['audit']['seq']}").json()
    assert (logged["type"], logged["texts"]) == ("TEXTS_ERASED", {"fields": "description", "reason": "DSR 12"})
    (hold,) = rest.http.get(f"{API}/audit/holds").json()["items"]
    assert (hold["scope"], hold["placed_by"]["name"], hold["audit"]) == ("fraud", "admin", None)
    assert rest.http.post(f"{API}/audit/erasures", json=asked).json() == {"texts": 0, "audit": None}


def test_an_erasure_that_says_nothing_is_refused(rest: Rest) -> None:
    problem(rest.http.post(f"{API}/audit/erasures", json={"reason": "x"}), 422, "audit.invalid_erasure")
    problem(rest.http.post(f"{API}/audit/holds", json={"scope": "A B", "reason": "x"}), 422, "kernel.invalid_reference")
    gone = rest.http.post(f"{API}/audit/holds/none/release", json={"reason": "x"})
    problem(gone, 404, "audit.hold_not_found")


def test_a_download_is_in_the_access_log(rest: Rest) -> None:
    rest.create_model()
    rest.push({"weights.bin": b"some weights"})
    assert rest.http.get(f"{API}/models/fraud/scorer/versions/1/files/weights.bin").content == b"some weights"
    rest.services.access_log.reads.write()
    (read,) = rest.http.get(f"{API}/audit/access-log", params={"type": "FILE_OPENED", "within": "fraud"}).json()[
        "items"
    ]
    assert (read["subject"], read["actor"]["name"], read["data"]["size"]) == ("fraud/scorer:1.0.0", "admin", 12)
