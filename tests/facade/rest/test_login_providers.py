"""The providers that people log in with, as administrators see them."""

from typing import Any

import pytest
from tests.facade.rest.registry import ANY, API, Rest, problem
from tests.people import a_token, somebody

PROVIDER = {"name": "corporate", "issuer": "https://93.184.215.14", "client_id": "modelkeep"}


def created(rest: Rest, **more: Any) -> Any:  # noqa: ANN401 - JSON
    answer = rest.http.post(f"{API}/login-providers", json={**PROVIDER, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_provider_is_made_read_changed_listed_and_deleted(rest: Rest) -> None:
    made = created(rest)
    assert made["callback"] == f"{rest.settings.public_url}/api/v1/login/oidc/corporate/callback"
    assert (made["algorithms"], made["scopes"]) == (["RS256", "ES256"], ["openid", "profile", "email"])
    assert (made["has_secret"], made["link_by_email"], made["revision"]) == (False, False, 1)
    details = {key: value for key, value in PROVIDER.items() if key != "name"} | {"title": "Corporate login"}
    stale = rest.http.put(f"{API}/login-providers/corporate", json=details, headers={"If-Match": '"2"'})
    problem(stale, 412, "kernel.stale_revision")
    changed = rest.http.put(f"{API}/login-providers/corporate", json=details, headers={"If-Match": '"1"'})
    assert (changed.json()["title"], changed.headers["ETag"]) == ("Corporate login", '"2"')
    assert rest.http.get(f"{API}/login-providers/corporate").json()["title"] == "Corporate login"
    assert [item["name"] for item in rest.http.get(f"{API}/login-providers").json()["items"]] == ["corporate"]
    assert rest.http.delete(f"{API}/login-providers/corporate", headers=ANY).status_code == 200
    problem(rest.http.get(f"{API}/login-providers/corporate"), 404, "access.login_provider_not_found")


def test_the_secret_is_in_the_environment_and_nowhere_else(
    rest: Rest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("MODELKEEP_OIDC_CORPORATE_ID_SECRET", "told to nobody")
    made = rest.http.post(f"{API}/login-providers", json={**PROVIDER, "name": "corporate-id"})
    assert made.json()["has_secret"]
    assert "told to nobody" not in made.text
    file = tmp_path_factory.mktemp("secrets") / "other"
    file.write_text("told to nobody\n")
    monkeypatch.setenv("MODELKEEP_OIDC_OTHER_SECRET_FILE", str(file))
    assert created(rest, name="other")["has_secret"]
    file.unlink()
    refused = rest.http.get(f"{API}/login-providers/other")
    assert "cannot be read" in problem(refused, 422, "kernel.invalid_value")["detail"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"issuer": "http://127.0.0.1:1"}, "outbound.refused"),
        ({"issuer": "https://169.254.169.254"}, "outbound.refused"),
        ({"issuer": "nonsense"}, "access.login_provider_setting"),
        ({"algorithms": ["HS256"]}, "access.login_provider_setting"),
        ({"name": "Corporate"}, "access.login_provider_setting"),
        ({"groups_claim": "groups", "groups": {"risk": "no such group"}}, "access.login_provider_setting"),
        ({"secret": "of the client"}, "rest.invalid_request"),
    ],
    ids=str,
)
def test_a_provider_that_cannot_be_is_not_made(shared: Rest, details: dict[str, Any], code: str) -> None:
    problem(shared.http.post(f"{API}/login-providers", json={**PROVIDER, **details}), 422, code)


def test_only_who_may_change_logins_sees_providers(rest: Rest) -> None:
    created(rest)
    problem(rest.http.post(f"{API}/login-providers", json=PROVIDER), 409, "access.login_provider_exists")
    maintainer = somebody(rest.services, "maintainer")
    headers = {"Authorization": f"Bearer {a_token(rest.services, maintainer)}", **ANY}
    for method, path in (("GET", ""), ("GET", "/corporate"), ("DELETE", "/corporate")):
        refused = rest.http.request(method, f"{API}/login-providers{path}", headers=headers)
        assert problem(refused, 403, "access.forbidden")["context"]["permission"] == "login.write"


@pytest.fixture
def keeper(rest: Rest) -> dict[str, str]:
    """Headers of somebody who may change logins, and is no administrator."""
    role = {"name": "login-keeper", "permissions": ["login.write", "principal.write"]}
    assert rest.http.post(f"{API}/roles", json=role).status_code == 201
    return {"Authorization": f"Bearer {a_token(rest.services, somebody(rest.services, 'login-keeper'))}", **ANY}


def test_only_an_administrator_lets_emails_link_or_exchanges_an_issuer(rest: Rest, keeper: dict[str, str]) -> None:
    linking, elsewhere = {**PROVIDER, "link_by_email": True}, {**PROVIDER, "issuer": "https://93.184.215.15"}
    refused = rest.http.post(f"{API}/login-providers", json=linking, headers=keeper)
    assert "policy.write" in problem(refused, 403, "access.grant_exceeds")["context"]["permissions"]
    assert rest.http.post(f"{API}/login-providers", json=PROVIDER, headers=keeper).status_code == 201
    path = f"{API}/login-providers/corporate"
    for changed in (linking, elsewhere):
        details = {key: value for key, value in changed.items() if key != "name"}
        problem(rest.http.put(path, json=details, headers=keeper), 403, "access.grant_exceeds")
        assert rest.http.put(path, json=details, headers=ANY).status_code == 200
    same = {key: value for key, value in elsewhere.items() if key != "name"} | {"title": "Corporate"}
    assert rest.http.put(path, json=same, headers=keeper).status_code == 200


def test_a_secret_is_not_sent_to_an_issuer_that_no_administrator_chose(
    rest: Rest, keeper: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELKEEP_OIDC_CORPORATE_SECRET", "for another issuer")
    problem(rest.http.post(f"{API}/login-providers", json=PROVIDER, headers=keeper), 403, "access.grant_exceeds")
    created(rest)


def test_who_may_not_change_logins_learns_nothing_of_addresses(shared: Rest) -> None:
    headers = {"Authorization": f"Bearer {a_token(shared.services, somebody(shared.services, 'maintainer'))}", **ANY}
    inside = {**PROVIDER, "issuer": "https://127.0.0.1"}
    problem(shared.http.post(f"{API}/login-providers", json=inside, headers=headers), 403, "access.forbidden")
    details = {key: value for key, value in inside.items() if key != "name"}
    problem(shared.http.put(f"{API}/login-providers/x", json=details, headers=headers), 403, "access.forbidden")


def test_nobody_maps_a_group_that_holds_more_than_they_do(rest: Rest, keeper: dict[str, str]) -> None:
    for group in ("owners", "nobodies"):
        assert rest.http.post(f"{API}/groups", json={"name": group}).status_code == 201
    owner = {"subject": "group:owners", "role": "admin", "scope": "*"}
    assert rest.http.post(f"{API}/access/bindings", json=owner).status_code == 201
    mapped = {**PROVIDER, "groups_claim": "groups", "groups": {"x": "owners"}}
    refused = rest.http.post(f"{API}/login-providers", json=mapped, headers=keeper)
    assert "policy.write" in problem(refused, 403, "access.grant_exceeds")["context"]["permissions"]
    harmless = {**mapped, "groups": {"x": "nobodies"}}
    made = rest.http.post(f"{API}/login-providers", json=harmless, headers=keeper)
    assert made.json()["groups"] == {"x": "nobodies"}
