"""Nothing is overwritten by who has not seen it: ETag, If-Match, and the receipt of each change."""

from typing import Any

import pytest
from tests.facade.rest.registry import API, Rest, problem

MODEL = f"{API}/models/fraud/scorer"
VERSION = f"{MODEL}/versions/1"
CHANGES: dict[str, tuple[str, str, Any]] = {
    "describe a namespace": ("PATCH", f"{API}/namespaces/fraud", {"description": "new"}),
    "update a model": ("PATCH", MODEL, {"description": "new"}),
    "tag a model": ("PUT", f"{MODEL}/tags/team", {"value": "risk"}),
    "untag a model": ("DELETE", f"{MODEL}/tags/old", None),
    "delete a model": ("DELETE", MODEL, None),
    "describe a version": ("PATCH", VERSION, {"description": "new"}),
    "tag a version": ("PUT", f"{VERSION}/tags/team", {"value": "risk"}),
    "untag a version": ("DELETE", f"{VERSION}/tags/old", None),
    "delete a version": ("DELETE", VERSION, None),
}
RESOURCE = {"describe a namespace": f"{API}/namespaces/fraud"} | {
    name: VERSION if "version" in name else MODEL for name in CHANGES if name != "describe a namespace"
}


@pytest.fixture
def filled(rest: Rest) -> Rest:
    return fill(rest)


@pytest.fixture(scope="module")
def unchanged(shared: Rest) -> Rest:
    """A registry for those whose change is refused."""
    return fill(shared)


def fill(rest: Rest) -> Rest:
    rest.create_model(tags={"old": "1"})
    rest.push({"a": b"x"}, tags={"old": "1"})
    return rest


def change(rest: Rest, name: str, revision: str | None) -> Any:  # noqa: ANN401 - TestClient's response
    method, path, body = CHANGES[name]
    headers = {} if revision is None else {b"If-Match": revision.encode()}
    return rest.http.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_the_revision_it_is_based_on_is_refused(unchanged: Rest, name: str) -> None:
    before = unchanged.http.get(RESOURCE[name]).json()
    problem(change(unchanged, name, None), 428, "rest.if_match_missing")
    assert unchanged.http.get(RESOURCE[name]).json() == before


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("revision", ["", "three", "-1", "1.0", '"1', '"1", "2"', 'W/"1"', "9" * 400, "\u0663"])
def test_a_revision_that_is_none_is_refused(unchanged: Rest, name: str, revision: str) -> None:
    problem(change(unchanged, name, revision), 422, "rest.if_match")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_based_on_an_old_revision_changes_nothing(unchanged: Rest, name: str) -> None:
    before = unchanged.http.get(RESOURCE[name]).json()
    problem(change(unchanged, name, '"999"'), 412, "kernel.stale_revision")
    assert unchanged.http.get(RESOURCE[name]).json() == before


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("spelled", ["etag", "bare", "*"])
def test_a_change_based_on_what_there_is_goes_through_with_a_receipt(filled: Rest, name: str, spelled: str) -> None:
    etag = filled.http.get(RESOURCE[name]).headers["ETag"]
    changed = change(filled, name, {"etag": etag, "bare": etag.strip('"'), "*": "*"}[spelled])
    assert changed.status_code == 200, changed.text
    document = changed.json()
    assert document["revision"] == int(etag.strip('"')) + 1
    assert document["audit"]["seq"] > 0
    assert len(document["audit"]["leaf_hash"]) == 64


@pytest.mark.parametrize("path", [f"{API}/namespaces/fraud", MODEL, VERSION])
def test_what_is_read_names_its_revision(unchanged: Rest, path: str) -> None:
    answer = unchanged.http.get(path)
    assert answer.headers["ETag"] == f'"{answer.json()["revision"]}"'
    assert answer.json()["audit"] is None


def test_of_two_who_saw_the_same_one_wins(filled: Rest) -> None:
    etag = filled.http.get(MODEL).headers["ETag"]
    assert change(filled, "update a model", etag).status_code == 200
    problem(change(filled, "tag a model", etag), 412, "kernel.stale_revision")


def test_saying_what_is_so_already_changes_nothing(filled: Rest) -> None:
    first = change(filled, "tag a model", "*").json()
    again = change(filled, "tag a model", f'"{first["revision"]}"').json()
    assert (again["revision"], again["audit"]) == (first["revision"], None)


def test_an_alias_moves_only_for_who_knows_where_it_was(filled: Rest) -> None:
    filled.push({"a": b"y"})
    alias = f"{MODEL}/aliases/champion"
    problem(filled.http.put(alias, json={"version": "1"}), 428, "rest.if_match_missing")
    created = filled.http.put(alias, json={"version": "1"}, headers={"If-Match": "*"})
    assert created.status_code == 200
    etag = created.headers["ETag"]
    moved = filled.http.put(alias, json={"version": "2"}, headers={"If-Match": etag})
    assert (moved.status_code, moved.json()["number"]) == (200, 2)
    problem(filled.http.put(alias, json={"version": "1"}, headers={"If-Match": etag}), 412, "kernel.stale_revision")
    problem(filled.http.delete(alias, headers={"If-Match": etag}), 412, "kernel.stale_revision")
    assert filled.http.delete(alias, headers={"If-Match": moved.headers["ETag"]}).status_code == 200
