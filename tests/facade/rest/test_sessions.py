"""Browsers: their cookie, and what other sites can make them send."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.facade.rest.registry import API, Rest, problem
from tests.people import somebody

from modelkeep.kernel.identity import Actor

OWN = {"Origin": "http://localhost"}
SECURE = {"Origin": "https://models.example.org"}


class Browser:
    """Somebody with a session, as their browser calls the API."""

    def __init__(self, rest: Rest, person: Actor, base: str = "http://localhost") -> None:
        sessions = rest.services.sessions
        with sessions.database.transaction() as tx:
            self.secret = sessions.open(tx, person).secret
        cookie = "__Host-modelkeep" if base.startswith("https") else "modelkeep"
        self.http = TestClient(rest.http.app, base_url=base, cookies={cookie: self.secret})
        self.csrf = {"X-CSRF-Token": sessions.csrf_token(self.secret)}


@pytest.fixture
def browser(rest: Rest) -> Browser:
    return Browser(rest, somebody(rest.services, "admin", name="Ana"))


def test_a_session_tells_its_pages_what_changes_need(browser: Browser) -> None:
    session = browser.http.get(f"{API}/session").json()
    assert session["csrf_token"] == browser.csrf["X-CSRF-Token"]
    assert browser.http.get(f"{API}/whoami").json()["name"] == "Ana"
    created = browser.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=OWN | browser.csrf)
    assert created.status_code == 201, created.text


def refusals() -> Iterator[dict[str, str]]:
    yield {}
    yield {"Origin": "https://evil.example"}
    yield {"Origin": "http://localhost:9999"}
    yield {"Origin": "null"}
    yield {"Origin": "http://localhost.evil.example"}
    yield {"Origin": "http://localhost:not-a-port"}
    yield {"Sec-Fetch-Site": "cross-site"}
    yield {"Sec-Fetch-Site": "same-site"}
    yield OWN | {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize("headers", [*refusals()], ids=str)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_that_another_site_may_have_sent_is_refused(
    browser: Browser, method: str, headers: dict[str, str]
) -> None:
    path = {"POST": "namespaces", "PATCH": "namespaces/fraud", "DELETE": "session", "PUT": "models/a/b/aliases/c"}
    sent = browser.http.request(method, f"{API}/{path[method]}", json={}, headers=headers | browser.csrf)
    problem(sent, 403, "access.cross_site_request")
    assert browser.http.get(f"{API}/session").status_code == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_change_without_the_token_of_its_session_is_refused(browser: Browser, token: str | None) -> None:
    headers = OWN if token is None else OWN | {"X-CSRF-Token": token}
    refused = browser.http.post(f"{API}/namespaces", json={"name": "fraud"}, headers=headers)
    assert "GET /api/v1/session" in problem(refused, 403, "access.cross_site_request")["detail"]


def test_a_token_is_never_taken_from_a_cookie(rest: Rest) -> None:
    for name in ("modelkeep", "__Host-modelkeep", "authorization", "token"):
        http = TestClient(rest.http.app, base_url="http://localhost", cookies={name: rest.token})
        problem(http.get(f"{API}/whoami"), 401, "access.unauthenticated")


def test_over_tls_the_cookie_has_the_name_that_browsers_protect(rest: Rest) -> None:
    person = somebody(rest.services, "admin")
    secure = Browser(rest, person, base="https://models.example.org")
    assert secure.http.get(f"{API}/session").status_code == 200
    plain = TestClient(rest.http.app, base_url="https://models.example.org", cookies={"modelkeep": secure.secret})
    problem(plain.get(f"{API}/session"), 401, "access.unauthenticated")


def test_logging_out_ends_the_session_and_takes_the_cookie_back(browser: Browser) -> None:
    ended = browser.http.delete(f"{API}/session", headers=OWN | browser.csrf)
    assert ended.status_code == 204
    assert "Max-Age=0" in ended.headers["Set-Cookie"]
    assert "HttpOnly" in ended.headers["Set-Cookie"]
    again = TestClient(browser.http.app, base_url="http://localhost", cookies={"modelkeep": browser.secret})
    problem(again.get(f"{API}/session"), 401, "access.unauthenticated")


def test_a_person_sees_and_ends_sessions_elsewhere(rest: Rest) -> None:
    person = somebody(rest.services, "admin")
    here, elsewhere = Browser(rest, person), Browser(rest, person)
    listed = here.http.get(f"{API}/sessions").json()["items"]
    assert [session["current"] for session in listed] == [False, True]
    ended = here.http.delete(f"{API}/sessions/{listed[0]['id']}", headers=OWN | here.csrf)
    assert ended.status_code == 204
    problem(elsewhere.http.get(f"{API}/session"), 401, "access.unauthenticated")
    again = here.http.delete(f"{API}/sessions/{listed[0]['id']}", headers=OWN | here.csrf)
    problem(again, 404, "access.session_not_found")


def test_who_comes_with_a_token_has_no_session(rest: Rest) -> None:
    problem(rest.http.get(f"{API}/session"), 409, "rest.no_session")
    problem(rest.http.delete(f"{API}/session"), 409, "rest.no_session")
    assert rest.http.get(f"{API}/sessions").json() == {"items": []}
