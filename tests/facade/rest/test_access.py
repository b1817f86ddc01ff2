"""Roles, bindings, groups and principals over REST, and through the SDK."""

from tests.facade.rest.registry import ANY, API, Rest, problem
from tests.people import a_token, somebody


def test_a_role_is_given_explained_reviewed_and_taken_back(rest: Rest) -> None:
    ada = somebody(rest.services, name="ada")
    headers = {"Authorization": f"Bearer {a_token(rest.services, ada)}"}
    rest.create_model()
    model = f"{API}/models/fraud/scorer"
    problem(rest.http.get(model, headers=headers), 404, "catalog.model_not_found")
    new = {"subject": "ada", "role": "viewer", "scope": "fraud", "expires_at": "2099-01-01T00:00:00Z"}
    given = rest.http.post(f"{API}/access/bindings", json=new)
    assert given.status_code == 201
    assert given.json()["subject"] == {"id": ada.id, "name": "ada"}
    assert rest.http.post(f"{API}/access/bindings", json=new).status_code == 200
    assert rest.http.get(model, headers=headers).status_code == 200

    asked = {"permission": "model.read", "scope": "fraud/scorer"}
    why = rest.http.get(f"{API}/access/explanation", params=asked, headers=headers).json()
    assert (why["allowed"], why["bindings"][0]["binding_id"], why["missing"]) == (True, given.json()["id"], [])
    problem(rest.http.get(f"{API}/access/review", headers=headers), 403, "access.forbidden")
    lines = rest.http.get(f"{API}/access/review", params={"scope": "fraud"}).json()["items"]
    assert {line["principal"]["name"] for line in lines} == {"ada", "admin"}
    own = rest.http.get(f"{API}/access/bindings", headers=headers).json()["items"]
    assert [item["id"] for item in own] == [given.json()["id"]]

    ended = rest.http.delete(f"{API}/access/bindings/{given.json()['id']}", params={"reason": "left"})
    assert ended.json()["until"]
    problem(rest.http.get(model, headers=headers), 404, "catalog.model_not_found")


def test_roles_groups_and_service_accounts_are_made_and_deleted(rest: Rest) -> None:
    role = rest.http.post(f"{API}/roles", json={"name": "releaser", "permissions": ["stage.promote"]})
    assert (role.status_code, role.headers["ETag"]) == (201, '"1"')
    changed = rest.http.patch(f"{API}/roles/releaser", json={"description": "x"}, headers={"If-Match": '"1"'})
    assert changed.json()["permissions"] == ["stage.promote"]
    assert {item["name"] for item in rest.http.get(f"{API}/roles").json()["items"]} >= {"viewer", "releaser"}
    assert rest.http.get(f"{API}/roles/viewer").json()["built_in"] is True
    assert rest.http.delete(f"{API}/roles/releaser", headers=ANY).status_code == 200
    problem(rest.http.post(f"{API}/roles", json={"name": "r", "permissions": ["x"]}), 422, "kernel.invalid_value")

    account = rest.http.post(f"{API}/service-accounts", json={"name": "trainer", "owner": "admin"}).json()
    assert account["owner"]["name"] == "admin"
    assert rest.http.post(f"{API}/groups", json={"name": "risk"}).status_code == 201
    assert rest.http.put(f"{API}/groups/risk/members/trainer").json()["id"] == account["id"]
    members = rest.http.get(f"{API}/groups/risk/members").json()["items"]
    assert [item["principal"]["name"] for item in members] == ["trainer"]
    assert rest.http.delete(f"{API}/groups/risk/members/trainer").status_code == 200
    assert rest.http.get(f"{API}/groups").json()["items"][0]["name"] == "risk"
    assert rest.http.delete(f"{API}/groups/risk").status_code == 200
    assert rest.http.get(f"{API}/principals", params={"kind": "service"}).json()["items"][0]["name"] == "trainer"
    assert rest.http.post(f"{API}/principals/trainer/disable").json()["disabled_at"]
    assert rest.http.get(f"{API}/principals/trainer").json()["disabled_at"]


def test_a_time_without_a_zone_and_a_scope_that_is_none_are_refused(rest: Rest) -> None:
    new = {"subject": "admin", "role": "viewer"}
    no_zone = rest.http.post(f"{API}/access/bindings", json=new | {"expires_at": "2099-01-01T00:00:00"})
    problem(no_zone, 422, "kernel.invalid_value")
    problem(rest.http.post(f"{API}/access/bindings", json=new | {"scope": "a/b/c"}), 422, "kernel.invalid_reference")
