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


def test_nobody_maps_a_group_that_holds_more_than_they_do(rest: Rest) -> None:
    role = {"name": "login-keeper", "permissions": ["login.write", "principal.write"]}
    assert rest.http.post(f"{API}/roles", json=role).status_code == 201
    for group in ("owners", "nobodies"):
        assert rest.http.post(f"{API}/groups", json={"name": group}).status_code == 201
    owner = {"subject": "group:owners", "role": "admin", "scope": "*"}
    assert rest.http.post(f"{API}/access/bindings", json=owner).status_code == 201
    keeper = {"Authorization": f"Bearer {a_token(rest.services, somebody(rest.services, 'login-keeper'))}"}
    mapped = {**PROVIDER, "groups_claim": "groups", "groups": {"x": "owners"}}
    refused = rest.http.post(f"{API}/login-providers", json=mapped, headers=keeper)
    assert "policy.write" in problem(refused, 403, "access.grant_exceeds")["context"]["permissions"]
    harmless = {**mapped, "groups": {"x": "nobodies"}}
    made = rest.http.post(f"{API}/login-providers", json=harmless, headers=keeper)
    assert made.json()["groups"] == {"x": "nobodies"}
