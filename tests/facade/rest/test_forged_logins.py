"""Identity tokens that a login must not be finished with: an issuer of our own signs, or forges, what it likes.

Part of test S8.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.facade.rest.registry import ANY, API, Rest, a_registry, problem
from tests.servers.signing_issuer import SigningIssuer, an_rsa_key, flipped, signing_issuer, unsigned, with_claims

REGISTRY = "http://localhost"


@dataclass
class Login:
    """A login at the provider `own` that has come back with a code."""

    rest: Rest
    issuer: SigningIssuer
    here: TestClient
    state: str
    nonce: str

    @classmethod
    def begin(cls, rest: Rest, issuer: SigningIssuer, name: str = "own") -> "Login":
        here = TestClient(rest.http.app, base_url=REGISTRY, follow_redirects=False)
        address = here.get(f"{API}/login/oidc/{name}").headers["Location"]
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        return cls(rest, issuer, here, asked["state"], asked["nonce"])

    def claims(self, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        now = int(time.time())
        claims = {"iss": self.issuer.url, "aud": "modelkeep", "sub": "ana", "iat": now, "exp": now + 60}
        return {**claims, "nonce": self.nonce, "name": "Ana", **changed}

    def finish(self, token: str, name: str = "own", **more: Any) -> Any:  # noqa: ANN401 - the test client's response
        self.issuer.tokens = {"id_token": token, "access_token": "opaque", **more}
        return self.here.get(f"{API}/login/oidc/{name}/callback", params={"state": self.state, "code": "c"})

    def whoami(self) -> Any:  # noqa: ANN401 - JSON
        answer = self.here.get(f"{API}/whoami")
        return answer.json() if answer.status_code == 200 else None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rest, SigningIssuer]]:
    settings: dict[str, Any] = {"outbound_allow": "127.0.0.1", "public_url": REGISTRY, "logins_per_address": 1000}
    with signing_issuer() as issuer, a_registry(tmp_path_factory.mktemp("registry"), **settings) as rest:
        add(rest, "own", issuer, link_by_email=True)
        yield rest, issuer


def add(rest: Rest, name: str, issuer: SigningIssuer, **details: Any) -> None:  # noqa: ANN401 - JSON
    body = {"name": name, "issuer": issuer.url, "client_id": "modelkeep", **details}
    made = rest.http.post(f"{API}/login-providers", json=body)
    assert made.status_code == 201, made.text


@pytest.fixture
def login(running: tuple[Rest, SigningIssuer]) -> Login:
    return Login.begin(*running)


def test_a_genuine_token_logs_in(login: Login) -> None:
    assert login.finish(login.issuer.sign(login.claims())).status_code == 303
    assert login.whoami()["name"] == "Ana"


Forgery = Callable[[Login], str]
FORGERIES: dict[str, tuple[Forgery, str]] = {
    "no algorithm": (lambda login: unsigned(login.claims()), "openid.token_refused"),
    "a flipped bit": (lambda login: flipped(login.issuer.sign(login.claims())), "openid.token_refused"),
    "other claims": (
        lambda login: with_claims(login.issuer.sign(login.claims()), login.claims(sub="eve")),
        "openid.token_refused",
    ),
    "the public key as a secret": (
        lambda login: login.issuer.sign_by_public_key(login.claims()),
        "openid.token_refused",
    ),
    "an algorithm that is not pinned": (
        lambda login: login.issuer.sign(login.claims(), alg="PS256"),
        "openid.token_refused",
    ),
    "a key of nobody": (lambda login: login.issuer.sign(login.claims(), an_rsa_key(7)), "openid.token_refused"),
    "another issuer": (
        lambda login: login.issuer.sign(login.claims(iss="https://login.example.org")),
        "access.claim_refused",
    ),
    "another audience": (lambda login: login.issuer.sign(login.claims(aud="other")), "access.claim_refused"),
    "several audiences": (
        lambda login: login.issuer.sign(login.claims(aud=["modelkeep", "other"])),
        "access.claim_refused",
    ),
    "another party": (lambda login: login.issuer.sign(login.claims(azp="other")), "access.claim_refused"),
    "another nonce": (lambda login: login.issuer.sign(login.claims(nonce="other")), "access.claim_refused"),
    "no nonce": (lambda login: login.issuer.sign(login.claims(nonce=None)), "access.claim_refused"),
    "expired": (lambda login: login.issuer.sign(login.claims(exp=1_000_000_000)), "access.claim_refused"),
    "of the future": (lambda login: login.issuer.sign(login.claims(iat=4_000_000_000)), "access.claim_refused"),
    "of yesterday": (
        lambda login: login.issuer.sign(login.claims(iat=int(time.time()) - 86_400)),
        "access.claim_refused",
    ),
    "another access token": (lambda login: login.issuer.sign(login.claims(at_hash="x")), "access.claim_refused"),
    "no subject": (lambda login: login.issuer.sign(login.claims(sub="")), "access.claim_refused"),
    "no token": (lambda _login: "nonsense", "openid.token_refused"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_is_not_the_providers_for_this_login_logs_nobody_in(login: Login, forgery: str) -> None:
    forge, code = FORGERIES[forgery]
    problem(login.finish(forge(login)), 401, code)
    assert login.whoami() is None


def test_an_answer_without_identity_token_is_the_providers_fault(login: Login) -> None:
    problem(login.finish("", id_token=None), 503, "openid.issuer_unavailable")


def test_a_login_begun_at_one_provider_is_not_finished_at_another(running: tuple[Rest, SigningIssuer]) -> None:
    rest, _ = running
    with signing_issuer() as attacker:
        add(rest, "attacker", attacker)
        login = Login.begin(rest, running[1])
        login.issuer = attacker
        problem(login.finish(attacker.sign(login.claims()), name="attacker"), 401, "access.login_refused")
        assert rest.http.delete(f"{API}/login-providers/attacker", headers=ANY).status_code == 200


def test_the_same_email_is_the_same_user_only_where_an_administrator_wants_it(
    running: tuple[Rest, SigningIssuer],
) -> None:
    rest, first = running
    login = Login.begin(rest, first)
    mail = {"email": "ben@example.org", "email_verified": True}
    login.finish(first.sign(login.claims(sub="ben", **mail)))
    ben = login.whoami()["id"]

    def known_elsewhere(name: str, **claims: Any) -> str:  # noqa: ANN401 - JSON
        with signing_issuer() as other:
            add(rest, name, other, link_by_email=name != "strict")
            login = Login.begin(rest, other, name)
            assert login.finish(other.sign(login.claims(sub=name, **claims)), name=name).status_code == 303
            assert rest.http.delete(f"{API}/login-providers/{name}", headers=ANY).status_code == 200
            return str(login.whoami()["id"])

    assert known_elsewhere("strict", **mail) != ben
    assert known_elsewhere("unverified", email="ben@example.org") != ben
    same = {"email": "BEN@example.org", "email_verified": True}
    assert known_elsewhere("linked", **same) == ben, "what the provider said that does not link counts for nothing"
    login = Login.begin(rest, first)
    login.finish(first.sign(login.claims(sub="another ben", **mail)))
    assert login.whoami()["id"] != ben, "the provider has given the address to somebody else"
    assert known_elsewhere("again", **same) != ben, "two users have it by now, so it says nothing"
    assert known_elsewhere("other", email="carla@example.org", email_verified=True) != ben


def test_who_is_alone_with_a_verified_email_is_linked_by_it(running: tuple[Rest, SigningIssuer]) -> None:
    rest, first = running
    mail = {"email": "dora@example.org", "email_verified": True}
    login = Login.begin(rest, first)
    login.finish(first.sign(login.claims(sub="dora", **mail)))
    dora = login.whoami()["id"]
    with signing_issuer() as other:
        add(rest, "second", other, link_by_email=True)
        again = Login.begin(rest, other, "second")
        again.finish(other.sign(again.claims(sub="d-1", **mail)), name="second")
        assert again.whoami()["id"] == dora
        once_more = Login.begin(rest, other, "second")
        once_more.finish(other.sign(once_more.claims(sub="d-1")), name="second")
        assert once_more.whoami()["id"] == dora, "from now on by issuer and subject"
