"""The administrator's password: off until it is set, throttled, audited, and as good as any other login after that.

Its crowd is part of test S12.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.facade.rest.registry import API, Rest, problem
from tests.soak import rounds

from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.kernel.errors import InvalidValueError

PASSWORD = "a password of twenty-six letters"
LOGIN = f"{API}/login/local"


@pytest.fixture
def browser(rest: Rest) -> TestClient:
    """A browser on the server's own machine, with no credential."""
    return TestClient(rest.http.app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def log_in(browser: TestClient, password: str = PASSWORD, name: str = "admin") -> Any:  # noqa: ANN401 - httpx's response
    return browser.post(LOGIN, json={"name": name, "password": password})


def actions(rest: Rest) -> list[str]:
    return [entry.action for entry in rest.services.audit_reader.read(BEFORE_ALL, 500)]


def test_nobody_logs_in_with_a_password_before_one_is_set(rest: Rest, browser: TestClient) -> None:
    problem(log_in(browser), 401, "access.password_refused")
    assert "access.login_failed" not in actions(rest)


def test_who_knows_the_password_gets_a_session(rest: Rest, browser: TestClient) -> None:
    assert rest.services.passwords.set(PASSWORD) == "admin"
    done = log_in(browser)
    assert done.status_code == 201
    assert done.headers["Cache-Control"] == "no-store"
    cookie = done.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get(f"{API}/whoami").json()["name"] == "admin"
    own = {"Origin": "http://127.0.0.1", "X-CSRF-Token": done.json()["csrf_token"]}
    assert browser.post(f"{API}/namespaces", json={"name": "risk"}, headers=own).status_code == 201
    problem(browser.post(f"{API}/namespaces", json={"name": "x"}), 403, "access.cross_site_request")
    assert {"access.password_set", "access.user_logged_in", "access.session_opened"} <= set(actions(rest))


def test_a_wrong_password_is_refused_like_a_name_of_nobody_and_only_the_first_is_logged(
    rest: Rest, browser: TestClient
) -> None:
    rest.services.passwords.set(PASSWORD)
    wrong = [log_in(browser, password="x"), log_in(browser, name="nobody"), log_in(browser, password="y" * 5000)]
    details = {problem(answer, 401, "access.password_refused")["detail"] for answer in wrong}
    assert len(details) == 1
    assert actions(rest).count("access.login_failed") == 2
    assert PASSWORD not in str([answer.content for answer in wrong])


def test_the_sixth_attempt_as_a_user_waits_even_with_the_right_password(rest: Rest, browser: TestClient) -> None:
    rest.services.passwords.set(PASSWORD)
    for _ in range(5):
        assert log_in(browser, password="x").status_code == 401
    refused = log_in(browser)
    problem(refused, 429, "throttling.too_many_requests")
    assert 1 < int(refused.headers["Retry-After"]) <= 300


def test_a_new_password_ends_the_sessions_and_removing_it_ends_the_way_in(rest: Rest, browser: TestClient) -> None:
    rest.services.passwords.set(PASSWORD)
    log_in(browser)
    rest.services.passwords.set("another password of this kind")
    problem(browser.get(f"{API}/whoami"), 401, "access.unauthenticated")
    assert log_in(browser, password="another password of this kind").status_code == 201
    assert rest.services.passwords.remove()
    assert not rest.services.passwords.remove()
    problem(log_in(browser, password="another password of this kind"), 401, "access.password_refused")


def test_a_password_that_is_short_is_refused(rest: Rest) -> None:
    with pytest.raises(InvalidValueError, match="15 to 1024 characters"):
        rest.services.passwords.set("short")


def test_a_session_is_not_begun_where_others_can_listen(rest: Rest) -> None:
    rest.services.passwords.set(PASSWORD)
    with_plain_http = TestClient(rest.http.app, base_url="http://models.example.org")
    problem(log_in(with_plain_http), 403, "rest.insecure_login")


def test_a_large_body_of_a_stranger_is_not_read(browser: TestClient) -> None:
    problem(log_in(browser, password="x" * 70_000), 413, "rest.body_too_large")


def test_a_crowd_that_logs_in_at_once_is_turned_away_and_others_are_served(rest: Rest, browser: TestClient) -> None:
    rest.services.passwords.set(PASSWORD)
    crowd = rounds(60, 1000)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda number: log_in(browser, "x", f"user {number}").status_code, range(crowd)))
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) <= 20
    assert rest.http.get(f"{API}/whoami").elapsed.total_seconds() < 1
