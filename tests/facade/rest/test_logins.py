"""People who log in with a real OpenID provider, and their command lines: test S8, the other half."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient
from tests.facade.rest.registry import API, Rest, a_registry, problem
from tests.servers.openid_provider import CLIENT, SECRET, OpenIdProvider
from tests.servers.signing_issuer import SigningIssuer, signing_issuer

from modelkeep.client.logins import BrowserLogin
from modelkeep.domains.access.domain.openid.logout_tokens import EVENT
from modelkeep.domains.access.tables.logins import IDENTITY, LOGIN_ATTEMPT

REGISTRY = "http://localhost"
LOGIN = f"{API}/login/oidc/corporate"
SEEN = {"Origin": REGISTRY}
ANA = {"name": "Ana", "email": "ana@example.org", "email_verified": True, "groups": ["risk-team"]}


@dataclass
class Browser:
    """Somebody's browser: its cookies here, and its cookies at the provider."""

    rest: Rest
    provider: OpenIdProvider
    here: TestClient = field(init=False)
    there: httpx.Client = field(default_factory=lambda: httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)))

    def __post_init__(self) -> None:
        self.here = TestClient(self.rest.http.app, base_url=REGISTRY, follow_redirects=False)

    def begin(self, **query: str) -> str:
        """Ask to log in, and return where the browser is sent."""
        sent = self.here.get(LOGIN, params=query)
        assert sent.status_code == 303, sent.text
        return str(sent.headers["Location"])

    def come_back(self, address: str, account: str = "ana") -> str:
        """Log in at the provider, and return the address it sends the browser to, without following it."""
        return self.provider.log_in(self.there, address, account)

    def log_in(self, account: str = "ana", **query: str) -> Any:  # noqa: ANN401 - the response of the test client
        return self.here.get(self.come_back(self.begin(**query), account))

    def whoami(self) -> Any:  # noqa: ANN401 - JSON
        answer = self.here.get(f"{API}/whoami")
        return answer.json() if answer.status_code == 200 else None

    def form(self, path: str, **fields: str) -> Any:  # noqa: ANN401 - the response of the test client
        """Send a form of a page, with the token that it holds."""
        token = self.here.get(f"{API}/session").json()["csrf_token"]
        return self.here.post(path, data={"csrf_token": token, **fields}, headers=SEEN)


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory, openid_provider_server: OpenIdProvider) -> Iterator[Rest]:
    settings: dict[str, Any] = {"outbound_allow": "127.0.0.1", "public_url": REGISTRY, "logins_per_address": 1000}
    with pytest.MonkeyPatch.context() as patch, a_registry(tmp_path_factory.mktemp("registry"), **settings) as registry:
        patch.setenv("MODELKEEP_OIDC_CORPORATE_SECRET", SECRET)
        group(registry, "risk")
        body = {
            "name": "corporate",
            "issuer": openid_provider_server.issuer,
            "client_id": CLIENT,
            "title": "Corporate",
            "scopes": ["openid", "profile", "email", "groups"],
            "groups_claim": "groups",
            "groups": {"risk-team": "risk"},
        }
        assert registry.http.post(f"{API}/login-providers", json=body).status_code == 201
        yield registry


@pytest.fixture
def provider(openid_provider_server: OpenIdProvider) -> OpenIdProvider:
    openid_provider_server.configure(REGISTRY, "corporate", {"ana": ANA, "eve": {"name": "Eve"}})
    return openid_provider_server


@pytest.fixture
def browser(rest: Rest, provider: OpenIdProvider) -> Browser:
    return Browser(rest, provider)


def group(rest: Rest, name: str) -> None:
    """Make a group that views the registry."""
    assert rest.http.post(f"{API}/groups", json={"name": name}).status_code == 201
    granted = {"subject": f"group:{name}", "role": "viewer", "scope": "*"}
    assert rest.http.post(f"{API}/access/bindings", json=granted).status_code == 201


def system() -> Any:  # noqa: ANN401 - an actor
    from modelkeep.app.bootstrap import STARTUP  # noqa: PLC0415

    return STARTUP


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_somebody_logs_in_becomes_a_user_and_has_what_the_groups_give(browser: Browser) -> None:
    assert browser.whoami() is None
    finished = browser.log_in(return_to="/login/device?user_code=x")
    assert (finished.status_code, finished.headers["Location"]) == (303, "/login/device?user_code=x")
    who = browser.whoami()
    assert (who["name"], who["kind"]) == ("Ana", "user")
    assert browser.here.get(f"{API}/models").status_code == 200
    cookie = finished.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    again = Browser(browser.rest, browser.provider)
    again.log_in()
    assert again.whoami()["id"] == who["id"], "issuer and subject are the user"


def test_groups_follow_the_provider_at_each_login(browser: Browser) -> None:
    browser.log_in()
    who = browser.whoami()["id"]
    assert groups_of(browser.rest, who) == {"risk"}
    browser.provider.configure(REGISTRY, "corporate", {"ana": ANA | {"groups": []}})
    Browser(browser.rest, browser.provider).log_in()
    assert groups_of(browser.rest, who) == set()
    browser.provider.configure(REGISTRY, "corporate", {"ana": ANA})
    Browser(browser.rest, browser.provider).log_in()
    assert groups_of(browser.rest, who) == {"risk"}


def groups_of(rest: Rest, who: str) -> set[str]:
    """Return which of the groups somebody is in."""
    members = rest.http.get(f"{API}/groups/risk/members").json()["items"]
    return {"risk"} if who in {item["principal"]["id"] for item in members} else set()


def test_a_code_and_a_state_count_once(browser: Browser) -> None:
    back = browser.come_back(browser.begin())
    assert browser.here.get(back).status_code == 303
    problem(browser.here.get(back), 401, "access.login_refused")
    other = query(browser.begin())["state"]
    problem(browser.here.get(re.sub(r"state=[^&]+", f"state={other}", back)), 401, "openid.code_refused")


def test_a_login_is_finished_in_the_browser_that_began_it_only(browser: Browser) -> None:
    back = browser.come_back(browser.begin())
    victim = Browser(browser.rest, browser.provider)
    problem(victim.here.get(back), 401, "access.login_refused")
    victim.begin()
    problem(victim.here.get(back), 401, "access.login_refused")
    assert victim.whoami() is None
    problem(browser.here.get(back), 401, "access.login_refused")  # the state is spent, whoever showed it


def test_a_login_that_takes_too_long_is_refused(browser: Browser) -> None:
    back = browser.come_back(browser.begin())
    with browser.rest.services.access.database.transaction() as tx:
        tx.session.execute(update(LOGIN_ATTEMPT).values(expires_at=browser.rest.services.access.clock()))
    problem(browser.here.get(back), 401, "access.login_refused")


def test_the_answer_of_another_issuer_is_refused(browser: Browser) -> None:
    back = browser.come_back(browser.begin())
    assert query(back)["iss"] == browser.provider.issuer
    problem(browser.here.get(re.sub(r"iss=[^&]+", "iss=https://evil.example", back)), 401, "access.login_refused")
    back = browser.come_back(browser.begin())
    problem(browser.here.get(re.sub(r"&?iss=[^&]+", "", back)), 401, "access.login_refused")


def test_a_login_without_our_challenge_is_refused(browser: Browser) -> None:
    address = browser.begin()
    stripped = "&".join(part for part in address.split("&") if not part.startswith("code_challenge"))
    problem(browser.here.get(browser.come_back(stripped)), 401, "openid.code_refused")
    other = re.sub(r"code_challenge=[^&]+", f"code_challenge={'A' * 43}", browser.begin())
    problem(browser.here.get(browser.come_back(other)), 401, "openid.code_refused")


def test_another_nonce_is_refused(browser: Browser) -> None:
    address = re.sub(r"nonce=[^&]+", "nonce=another", browser.begin())
    found = problem(browser.here.get(browser.come_back(address)), 401, "access.claim_refused")
    assert found["context"] == {"claim": "nonce"}


def test_a_new_key_of_the_provider_is_accepted(rest: Rest, provider: OpenIdProvider) -> None:
    accounts = {"ana": ANA}
    provider.configure(REGISTRY, "corporate", accounts)
    Browser(rest, provider).log_in()
    provider.configure(REGISTRY, "corporate", accounts, keys=("second", "first"))
    directory = rest.services.logins.people.issuers
    for known in directory._known.values():
        known.keys_read_at -= known.keys_read_at - known.read_at.replace(year=2020)  # as if a minute had passed
    assert Browser(rest, provider).log_in().status_code == 303


def test_a_provider_that_refuses_logs_nobody_in(browser: Browser) -> None:
    state = query(browser.begin())["state"]
    refused = browser.here.get(
        f"{LOGIN}/callback", params={"state": state, "error": "access_denied", "iss": browser.provider.issuer}
    )
    assert "access_denied" in problem(refused, 401, "access.login_refused")["detail"]
    problem(browser.here.get(f"{API}/login/oidc/nobody"), 404, "access.login_provider_not_found")
    page = browser.here.get(f"{LOGIN}/callback", params={"state": "x"}, headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert "<p>this login cannot be finished" in page.text


def test_a_disabled_user_stays_outside(browser: Browser) -> None:
    browser.log_in("eve")
    who = browser.whoami()
    assert browser.here.get(f"{API}/models").json()["items"] == []
    assert browser.rest.http.post(f"{API}/principals/{who['id']}/disable").status_code == 200
    assert browser.whoami() is None
    problem(Browser(browser.rest, browser.provider).log_in("eve"), 401, "access.login_refused")


def test_of_an_email_address_nothing_is_stored_that_can_be_read(browser: Browser) -> None:
    browser.log_in()
    with browser.rest.services.access.database.snapshot() as tx:
        rows = tx.session.execute(select(IDENTITY)).all()
    assert rows
    assert "ana@example.org" not in str(rows)


@pytest.mark.usefixtures("provider")
def test_nobody_logs_in_without_tls_but_on_this_machine(rest: Rest) -> None:
    far = TestClient(rest.http.app, base_url="http://models.example.org")
    problem(far.get(LOGIN), 403, "rest.insecure_login")


def test_somebody_who_must_prove_it_again_is_asked_again(browser: Browser) -> None:
    browser.log_in()
    first = browser.here.get(f"{API}/session").json()["authenticated_at"]
    assert query(browser.begin(fresh="true"))["max_age"] == "0"
    time.sleep(1.1)  # `auth_time` has whole seconds
    browser.log_in(fresh="true")
    assert browser.here.get(f"{API}/session").json()["authenticated_at"] > first


@dataclass
class Ordered:
    """A provider of our own, which can order what it likes, and a session that began with it."""

    issuer: SigningIssuer
    rest: Rest

    def order(self, **changed: Any) -> str:  # noqa: ANN401 - JSON
        now = int(time.time())
        claims = {
            "iss": self.issuer.url,
            "aud": "modelkeep",
            "iat": now,
            "exp": now + 60,
            "jti": f"{time.monotonic_ns()}",
            "events": {EVENT: {}},
        }
        return self.issuer.sign(claims | changed, typ="logout+jwt")

    def send(self, token: str) -> Any:  # noqa: ANN401 - the response of the test client
        nobody = TestClient(self.rest.http.app, base_url=REGISTRY)
        return nobody.post(f"{API}/login/oidc/own/logout", data={"logout_token": token})


@pytest.fixture
def ordered(rest: Rest) -> Iterator[Ordered]:
    with signing_issuer() as issuer:
        body = {"name": "own", "issuer": issuer.url, "client_id": "modelkeep"}
        assert rest.http.post(f"{API}/login-providers", json=body).status_code == 201
        yield Ordered(issuer, rest)
        assert rest.http.delete(f"{API}/login-providers/own", headers={"If-Match": "*"}).status_code == 200


def test_a_provider_ends_one_session_or_all_of_somebody(ordered: Ordered, browser: Browser) -> None:
    sessions, database = browser.rest.services.sessions, browser.rest.services.access.database
    browser.log_in()
    who = browser.rest.services.sessions.authenticate(browser.here.cookies["modelkeep"], system().request)
    with database.transaction() as tx:
        opened = [sessions.open(tx, who, issuer=ordered.issuer.url, external_id=name) for name in ("s1", "s2")]
        values = {"issuer": ordered.issuer.url, "subject": "ana", "principal_id": who.id, "since": sessions.clock()}
        tx.session.execute(insert(IDENTITY), values)

    def alive() -> list[str]:
        return [session.external_id for session in sessions.list(who) if session.issuer == ordered.issuer.url]

    assert len(opened) == len(alive())
    order = ordered.order(sid="s1")
    assert ordered.send(order).status_code == 204
    assert alive() == ["s2"]
    problem(ordered.send(order), 401, "access.token_replayed")
    assert ordered.send(ordered.order(sub="nobody here")).status_code == 204
    assert ordered.send(ordered.order(sub="ana")).status_code == 204
    assert alive() == []
    assert browser.whoami() is None


def test_what_is_no_logout_token_is_refused(ordered: Ordered) -> None:
    problem(ordered.send(ordered.order(sub="ana", nonce="x")), 401, "access.claim_refused")
    problem(ordered.send(ordered.order(sub="ana", events={})), 401, "access.claim_refused")
    problem(ordered.send(ordered.order(sub="ana", aud="other")), 401, "access.claim_refused")
    problem(ordered.send("nonsense"), 401, "openid.token_refused")
    nobody = TestClient(ordered.rest.http.app, base_url=REGISTRY)
    problem(nobody.post(f"{API}/login/oidc/own/logout", json={}), 415, "rest.not_form")


def test_a_command_line_logs_in_through_the_browser_of_its_machine(browser: Browser) -> None:
    login = BrowserLogin.begin("", "http://127.0.0.1:40000/", "ana@laptop")
    sent = browser.here.get(login.address)
    assert sent.headers["Location"].startswith("/login?return_to=%2Flogin%2Fterminal")
    browser.log_in()
    shown = browser.here.get(login.address)
    assert "ana@laptop" in shown.text
    assert "form-action 'self' http://127.0.0.1:40000" in shown.headers["Content-Security-Policy"]
    fields = query(login.address)
    approved = browser.form("/login/terminal", decision="approve", **fields)
    back = query(approved.headers["Location"])
    assert (approved.status_code, back["state"]) == (303, login.state)
    code = {"code": back["code"], "code_verifier": login.verifier}
    issued = browser.rest.http.post(f"{API}/login/tokens", json=code, headers={"Authorization": ""})
    assert issued.status_code == 201, issued.text
    as_ana = {"Authorization": f"Bearer {issued.json()['token']}"}
    assert browser.rest.http.get(f"{API}/whoami", headers=as_ana).json()["name"] == "Ana"
    problem(browser.rest.http.post(f"{API}/login/tokens", json=code), 401, "access.terminal_code_refused")


def test_a_code_of_a_command_line_needs_its_verifier_and_is_spent_by_another(browser: Browser) -> None:
    browser.log_in()
    login = BrowserLogin.begin("", "http://127.0.0.1:40000/", "ana@laptop")
    approved = browser.form("/login/terminal", decision="approve", **query(login.address))
    code = query(approved.headers["Location"])["code"]
    for verifier in ("x" * 64, login.verifier):
        body = {"code": code, "code_verifier": verifier}
        problem(browser.rest.http.post(f"{API}/login/tokens", json=body), 401, "access.terminal_code_refused")
    refused = browser.form("/login/terminal", decision="refuse", **query(login.address))
    assert query(refused.headers["Location"])["error"] == "access_denied"


def test_a_page_sends_codes_to_this_machine_only_and_heeds_its_own_forms_only(browser: Browser) -> None:
    browser.log_in()
    evil = BrowserLogin.begin("", "https://evil.example/", "ana@laptop")
    assert browser.here.get(evil.address).status_code == 422
    good = query(BrowserLogin.begin("", "http://127.0.0.1:40000/", "<b>laptop</b>").address)
    assert "<b>" not in browser.here.get("/login/terminal", params=good).text
    forged = browser.here.post("/login/terminal", data={**good, "decision": "approve"}, headers=SEEN)
    assert forged.status_code == 403
    token = browser.here.get(f"{API}/session").json()["csrf_token"]
    elsewhere = {"Origin": "https://evil.example"}
    data = {**good, "decision": "approve", "csrf_token": token}
    assert browser.here.post("/login/terminal", data=data, headers=elsewhere).status_code == 403


def test_a_command_line_without_a_browser_waits_for_an_approval_elsewhere(browser: Browser) -> None:
    nobody = TestClient(browser.rest.http.app, base_url=REGISTRY)
    begun = nobody.post(f"{API}/login/devices", json={"label": "ana@server"}).json()
    asked = {"device_code": begun["device_code"]}
    pending = problem(nobody.post(f"{API}/login/device-tokens", json=asked), 409, "access.authorization_pending")
    assert pending["context"] == {"interval": 5}
    slower = problem(nobody.post(f"{API}/login/device-tokens", json=asked), 409, "access.slow_down")
    assert slower["context"] == {"interval": 10}
    browser.log_in()
    assert "Continue" in browser.here.get("/login/device").text
    looked = browser.form("/login/device", user_code=begun["user_code"].lower(), decision="look")
    assert "ana@server" in looked.text
    shown = browser.here.get(
        urlsplit(begun["verification_uri_complete"]).path, params=query(begun["verification_uri_complete"])
    )
    assert begun["user_code"] in shown.text
    assert "is logged in" in browser.form("/login/device", user_code=begun["user_code"], decision="approve").text
    assert browser.form("/login/device", user_code=begun["user_code"], decision="refuse").status_code == 401
    with browser.rest.services.access.database.transaction() as tx:
        from modelkeep.domains.access.tables.logins import DEVICE_LOGIN  # noqa: PLC0415

        tx.session.execute(update(DEVICE_LOGIN).values(polled_at=None))  # as if it had waited
    issued = nobody.post(f"{API}/login/device-tokens", json=asked)
    assert issued.status_code == 201, issued.text
    problem(nobody.post(f"{API}/login/device-tokens", json=asked), 401, "access.terminal_code_refused")


def test_a_refused_command_line_is_told_so(browser: Browser) -> None:
    nobody = TestClient(browser.rest.http.app, base_url=REGISTRY)
    begun = nobody.post(f"{API}/login/devices", json={"label": "eve@server"}).json()
    browser.log_in()
    assert "was refused" in browser.form("/login/device", user_code=begun["user_code"], decision="refuse").text
    asked = {"device_code": begun["device_code"]}
    problem(nobody.post(f"{API}/login/device-tokens", json=asked), 403, "access.login_denied")


def test_the_login_page_offers_the_providers(browser: Browser) -> None:
    offered = browser.here.get("/login", params={"return_to": "/login/device"}).text
    assert "/api/v1/login/oidc/corporate?return_to=%2Flogin%2Fdevice" in offered
    assert "Log in with Corporate" in offered
    assert browser.here.get(f"{API}/login/offers").json() == {"items": [{"name": "corporate", "title": "Corporate"}]}
    browser.log_in()
    assert "You are logged in as Ana" in browser.here.get("/login").text
    assert browser.here.post("/login/out", data={"csrf_token": "x"}, headers=SEEN).status_code == 403
    assert browser.form("/login/out").headers["Location"] == "/login"
    assert browser.whoami() is None


def test_a_registry_without_providers_says_so(tmp_path: Path) -> None:
    with a_registry(tmp_path) as empty:
        assert empty.http.get("/login").status_code == 404
        assert empty.http.get(f"{API}/login/offers").json() == {"items": []}
