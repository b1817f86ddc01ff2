"""`as_of` over REST: every answer is what was true then, with who made it so and the audit entry."""

from typing import Any

import pytest
from tests.facade.rest.registry import ANY, API, Rest, problem

MODEL = f"{API}/models/fraud/scorer"
VERSION = f"{MODEL}/versions/1"


def get(rest: Rest, path: str, **params: str) -> Any:  # noqa: ANN401 - JSON
    answer = rest.http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def moved(rest: Rest) -> tuple[str, Any]:
    """The time after an alias and tags were set and before all of it was changed; and the answer to the first."""
    rest.create_model(tags={"team": "risk"}, description="then")
    rest.push({"a": b"x"}, tags={"by": "ana"})
    rest.push({"a": b"y"})
    alias = rest.http.put(f"{MODEL}/aliases/champion", json={"version": "1"}, headers=ANY).json()
    time = rest.http.put(f"{VERSION}/tags/by", json={"value": "bea"}, headers=ANY).json()["changed_at"]
    for change in (
        rest.http.put(f"{MODEL}/aliases/champion", json={"version": "2"}, headers=ANY),
        rest.http.put(f"{MODEL}/tags/team", json={"value": "growth"}, headers=ANY),
        rest.http.delete(f"{VERSION}/tags/by", headers=ANY),
        rest.http.patch(MODEL, json={"description": "now"}, headers=ANY),
        rest.http.patch(f"{API}/namespaces/fraud", json={"description": "now"}, headers=ANY),
        rest.http.delete(VERSION, headers=ANY),
    ):
        assert change.status_code == 200, change.text
    return time, alias


def test_every_read_takes_a_time(rest: Rest, moved: tuple[str, Any]) -> None:
    time, alias = moved
    entry = alias["audit"]
    assert get(rest, f"{API}/namespaces/fraud", as_of=time)["description"] == ""
    assert get(rest, f"{API}/namespaces", as_of=time, filter="name = 'fraud'")["items"][0]["revision"] == 1
    assert get(rest, MODEL, as_of=time)["description"] == "then"
    assert get(rest, f"{API}/models", as_of=time, filter="tag.team = 'risk'")["items"][0]["name"] == "fraud/scorer"
    assert get(rest, VERSION, as_of=time)["tags"] == {"by": "bea"}
    for found in (
        get(rest, f"{API}/resolve", reference="fraud/scorer@champion", as_of=time),
        get(rest, f"{API}/resolve", reference=f"fraud/scorer@champion as of {time}"),
    ):
        assert (found["number"], found["aliases"]) == (1, ["champion"])
        assert found["found_by"] == {
            "kind": "alias",
            "name": "champion",
            "since": alias["since"],
            "set_by": alias["set_by"],
            "audit": entry,
        }
    assert get(rest, f"{API}/versions", as_of=time, filter="tag.by = 'bea'")["items"][0]["number"] == 1
    assert [item["number"] for item in get(rest, f"{MODEL}/versions", as_of=time)["items"]] == [2, 1]
    assert get(rest, f"{MODEL}/aliases", as_of=time)["items"][0]["audit"] == entry
    assert get(rest, f"{MODEL}/aliases/champion", as_of=time)["audit"] == entry
    assert [item["until"] for item in get(rest, f"{MODEL}/aliases/champion/history", as_of=time)["items"]] == [None]
    assert len(get(rest, f"{MODEL}/stages", as_of=time)["items"]) == 2
    (tag,) = get(rest, f"{MODEL}/tags", as_of=time)["items"]
    assert (tag["key"], tag["value"]) == ("team", "risk")
    assert [item["value"] for item in get(rest, f"{MODEL}/tags/team/history")["items"]] == ["growth", "risk"]
    (by,) = get(rest, f"{VERSION}/tags", as_of=time)["items"]
    history = get(rest, f"{VERSION}/tags/by/history", as_of=time)["items"]
    assert [item["value"] for item in history] == ["bea", "ana"]
    assert history[0] == by
    manifest = rest.http.get(f"{VERSION}/manifest", params={"as_of": time})
    assert manifest.status_code == 200
    assert rest.http.get(f"{VERSION}/files/a", params={"as_of": time}).content == b"x"
    digest = manifest.json()["files"][0]["digest"]
    blobs = rest.http.post(f"{VERSION}/blobs", params={"as_of": time}, json={"digests": [digest]})
    assert blobs.content.endswith(b"x")


def test_what_an_answer_names_is_the_entry_that_made_it_so(rest: Rest, moved: tuple[str, Any]) -> None:
    time, _ = moved
    found = get(rest, f"{API}/resolve", reference="fraud/scorer@champion", as_of=time)["found_by"]
    entry = get(rest, f"{API}/audit/entries/{found['audit']['seq']}")
    assert (entry["type"], entry["subject"]) == ("ALIAS_SET", "fraud/scorer@champion")
    assert entry["leaf_hash"] == found["audit"]["leaf_hash"]
    assert entry["actor"]["id"] == found["set_by"]["id"]
    assert found["audit"]["proof"] == f"{API}/audit/entries/{entry['seq']}/proof"
    stage = get(rest, f"{API}/resolve", reference="fraud/scorer@draft", as_of=time)["found_by"]
    assert stage["kind"] == "stage"
    assert get(rest, f"{API}/audit/entries/{stage['audit']['seq']}")["type"] == "VERSION_REGISTERED"


def test_a_time_that_is_none_and_two_times_are_refused(rest: Rest) -> None:
    assert problem(rest.http.get(f"{API}/models", params={"as_of": "then"}), 422, "kernel.invalid_reference")
    both = {"reference": "a@b as of 2026-11-16", "as_of": "2026-11-16"}
    refusal = problem(rest.http.get(f"{API}/resolve", params=both), 422, "kernel.invalid_reference")
    assert "a time of its own" in refusal["detail"]
