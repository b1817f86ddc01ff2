"""No live secret is anywhere but with its bearer: not in the database, in answers, in metrics or in the log: test S11.

Every route is asked with what it can serve, and with what it cannot, while secrets of every kind are good.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.databases import all_values
from tests.facade.rest.furnished import WIDE, Furnished
from tests.facade.rest.operations import ENDLESS, Operation, operations
from tests.facade.rest.registry import API, Rest, a_registry
from tests.servers.signing_issuer import SigningIssuer, signing_issuer
from tests.servers.webhooks import receiving

from modelkeep.client.logins import BrowserLogin
from modelkeep.platform.telemetry import configure_logging

HERE = "http://127.0.0.1"
PASSWORD = "a password of twenty-six letters"
CLIENT_SECRET = "what the provider and this registry share"
SHOWN_ONCE = {
    "begin_device_login",
    "create_token",
    "create_webhook",
    "finish_browser_login",
    "finish_device_login",
    "get_session",
    "log_in_locally",
    "mint_ci_token",
    "rotate_webhook_secret",
}
"""Operations whose answer is a secret, for who is to have it."""
ENDING = {"log_out", "end_session", "disable_principal"}
"""Operations that would end what the others are asked with."""


@dataclass
class Secrets:
    """Secrets that are good, by what they are; and a browser and a registry in which they are used."""

    furnished: Furnished
    browser: TestClient
    known: dict[str, str] = field(default_factory=dict)

    def found_in(self, text: str) -> list[str]:
        """Return what of them a text gives away."""
        return [name for name, secret in self.known.items() if secret in text]


@pytest.fixture(autouse=True)
def written() -> Iterator[StringIO]:
    """The log, all of it, in the form that machines read."""
    root, of_the_test = logging.getLogger(), logging.getLogger("httpx2")
    handlers, level = root.handlers[:], root.level
    of_the_test.disabled = True
    log = StringIO()
    with redirect_stderr(log):
        configure_logging(json=True, level="debug")
    yield log
    root.handlers[:] = handlers
    root.setLevel(level)
    of_the_test.disabled = False


@pytest.fixture
def secrets(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    monkeypatch.setenv("MODELKEEP_OIDC_OWN_LOGIN_SECRET", CLIENT_SECRET)
    settings = {"outbound_allow": "127.0.0.1", "public_url": HERE, **WIDE}
    with (
        receiving() as receiver,
        signing_issuer() as issuer,
        a_registry(tmp_path / "data", database_url=database_url, **settings) as rest,
    ):
        furnished = Furnished(rest, receiver.url)
        furnished.furnish("own")
        browser = TestClient(rest.http.app, base_url=HERE, follow_redirects=False)
        made = Secrets(furnished, browser, {"client secret": CLIENT_SECRET, "address": "/hooks/secret-path"})
        _make(made, rest, issuer)
        yield made


def _make(secrets: Secrets, rest: Rest, issuer: SigningIssuer) -> None:
    """Make a secret of every kind."""
    known = secrets.known
    known |= {"token of the administrator": rest.token, "key of the server": rest.services.authentication.pepper.hex()}
    known["token"] = _made(rest, "tokens", {"name": "laptop"})["token"]
    hook = _made(
        rest, "webhooks", {"name": "ci", "url": secrets.furnished.url, "selection": {"types": ["MODEL_DELETED"]}}
    )
    known["webhook secret"] = hook["secret"]
    known["rotated webhook secret"] = _made(rest, f"webhooks/{hook['id']}/rotate-secret", {}, 200)["secret"]
    rest.services.passwords.set(PASSWORD)
    login = secrets.browser.post(f"{API}/login/local", json={"name": "admin", "password": PASSWORD})
    known |= {"password": PASSWORD, "csrf token": login.json()["csrf_token"]}
    known["session"] = secrets.browser.cookies["modelkeep"]
    known["device code"] = _made(rest, "login/devices", {"label": "ana@laptop"})["device_code"]
    known["code of a command line"] = _approved(secrets)
    rest.http.post(f"{API}/login-providers", json={"name": "issuer", "issuer": issuer.url, "client_id": "modelkeep"})
    sent = TestClient(rest.http.app, base_url=HERE, follow_redirects=False)
    assert sent.get(f"{API}/login/oidc/issuer").status_code == 303
    known["login under way"] = next(iter(sent.cookies.values()))
    publisher = {"name": "jobs", "kind": "generic", "issuer": issuer.url, "scopes": ["own"]}
    _made(rest, "publishers", publisher | {"conditions": {"claims": {"sub": "a job"}}})
    for subject, status in (("a job", 201), ("another job", 401)):
        now = int(time.time())
        claims = {"iss": issuer.url, "sub": subject, "aud": HERE, "iat": now, "exp": now + 300, "jti": subject}
        identity = known[f"identity token of {subject}"] = issuer.sign(claims)
        minted = rest.http.post(f"{API}/ci/mint", json={"identity_token": identity})
        assert minted.status_code == status, minted.text
        known |= {"token of a job": minted.json()["token"]} if status == 201 else {}


def _made(rest: Rest, where: str, body: dict[str, Any], status: int = 201) -> Any:  # noqa: ANN401 - JSON
    made = rest.http.post(f"{API}/{where}", json=body, headers={"Idempotency-Key": f"one of {where}"})
    assert made.status_code == status, made.text
    return made.json()


def _approved(secrets: Secrets) -> str:
    """Return the code that a browser brings to a command line which may log in."""
    login = BrowserLogin.begin("", "http://127.0.0.1:40000/", "ana@laptop")
    fields = {name: values[0] for name, values in parse_qs(urlsplit(login.address).query).items()}
    form = fields | {"csrf_token": secrets.known["csrf token"], "decision": "approve"}
    sent = secrets.browser.post("/login/terminal", data=form, headers={"Origin": HERE})
    assert sent.status_code == 303, sent.text
    return parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]


def test_no_live_secret_is_stored_logged_or_told(secrets: Secrets, written: StringIO) -> None:
    rest, told = secrets.furnished.rest, []
    assert len(secrets.known) > 14
    for operation in operations(rest):
        if operation.name == ENDLESS or operation.name in ENDING:
            continue
        for answer in _asked(secrets, operation):
            assert answer.status_code != 500, answer.text
            if operation.name not in SHOWN_ONCE or answer.status_code >= 400:
                told.append(f"{operation.name} {answer.status_code} {answer.headers} {answer.text}")
    told += [rest.http.get("/metrics").text, rest.http.get("/healthz").text, rest.http.get("/readyz").text]
    exports = [
        rest.http.get(f"{API}/audit/export", params={"format": form}) for form in ("jsonl", "csv", "cloudevents")
    ]
    assert all("MODEL_CREATED" in export.text or "model_created" in export.text for export in exports)
    assert not [text for text in told if secrets.found_in(text)]
    assert not [secrets.found_in(export.text) for export in exports if secrets.found_in(export.text)]
    log, stored = written.getvalue(), all_values(rest.services.access.database)
    assert "another job" in stored or "own/scorer" in stored
    assert '"GET /api/v1/whoami 200' in log
    assert not secrets.found_in(stored)
    assert not [line for line in log.splitlines() if secrets.found_in(line)]


def _asked(secrets: Secrets, operation: Operation) -> Iterator[Any]:
    """Ask an operation as it can be asked, and in each way that it cannot; a browser asks as well."""
    rest, things = secrets.furnished.rest, secrets.furnished.things["own"]
    request = operation.request(things)
    yield rest.http.request(**request, follow_redirects=False)
    if operation.method == "GET":
        yield secrets.browser.request(**request | {"headers": {"Accept": "text/html"}})
    else:
        protected = {"Origin": HERE, "X-CSRF-Token": secrets.known["csrf token"]}
        yield secrets.browser.request(**request | {"headers": request["headers"] | protected})
    for name in ("token of the administrator", "token of a job", "session"):
        wrong = {"Authorization": f"Bearer {secrets.known[name]}x"}
        yield rest.http.request(**request | {"headers": request["headers"] | wrong})
    yield from _misplaced(secrets, operation, request)


def _misplaced(secrets: Secrets, operation: Operation, request: dict[str, Any]) -> Iterator[Any]:
    """Ask with secrets in the place of something else."""
    rest, things = secrets.furnished.rest, secrets.furnished.things["own"]
    token = secrets.known["token"]
    if "json" in request:
        yield rest.http.request(**request | {"json": request["json"] | {"surplus": token}})
        yield rest.http.request(
            **request | {"json": request["json"] | {key: {token: token} for key in request["json"]}}
        )
        yield rest.http.request(**request | {"json": list(secrets.known.values())})
        text = json.dumps(secrets.known)[:-1].encode()
        yield rest.http.request(**{key: value for key, value in request.items() if key != "json"}, content=text)
    if operation.method == "GET":
        for place in operation.places:
            misplaced = operation.request(things | {place: quote(token, safe="")})
            yield rest.http.request(**misplaced, follow_redirects=False)
        for parameter in operation.described.get("parameters", ()):
            if parameter["in"] == "query":
                asked = request["params"] | {parameter["name"]: token}
                yield rest.http.request(**request | {"params": asked}, follow_redirects=False)
