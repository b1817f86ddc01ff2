"""Keys, endpoints and signatures of OpenID providers, over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey
from tests.registries import ManualClock
from tests.servers.processes import free_port
from tests.servers.signing_issuer import (
    SigningIssuer,
    an_ec_key,
    an_rsa_key,
    flipped,
    signing_issuer,
    unsigned,
    with_claims,
)

from modelkeep.platform.openid import (
    AuthorizationRequest,
    Client,
    IssuerDirectory,
    IssuerUnavailableError,
    TokenRefusedError,
    authorization_url,
    exchange_code,
    unverified_issuer,
)
from modelkeep.platform.outbound_http import OutboundHttp, OutboundPolicy

PINNED = ("RS256", "ES256")
CLIENT = Client("modelkeep", "secret", "http://127.0.0.1/callback")


@pytest.fixture
def issuer() -> Iterator[SigningIssuer]:
    with signing_issuer() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def http() -> OutboundHttp:
    return OutboundHttp(OutboundPolicy.parse("127.0.0.1"))


@pytest.fixture
def directory(http: OutboundHttp, clock: ManualClock) -> IssuerDirectory:
    return IssuerDirectory(http, clock)


def claims(issuer: SigningIssuer) -> dict[str, Any]:
    return {"iss": issuer.url, "sub": "ana", "exp": 1_900_000_000}


def test_a_token_of_the_issuer_gives_its_claims(issuer: SigningIssuer, directory: IssuerDirectory) -> None:
    issuer.keys.append(an_ec_key())
    for key in issuer.keys:
        token = issuer.sign(claims(issuer), key, typ="JWT", x5t="unknown to us")
        assert unverified_issuer(token) == issuer.url
        signed = directory.verify(token, issuer.url, PINNED)
        assert (signed.claims, signed.type) == (claims(issuer), "JWT")
    assert issuer.requests == {"/.well-known/openid-configuration": 1, "/keys": 1}


def test_what_the_issuer_has_not_signed_by_a_pinned_algorithm_is_refused(
    issuer: SigningIssuer, directory: IssuerDirectory
) -> None:
    good = issuer.sign(claims(issuer))
    stranger = RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)
    forged = {
        "without algorithm": unsigned(claims(issuer)),
        "a flipped bit": flipped(good),
        "other claims": with_claims(good, {**claims(issuer), "sub": "eve"}),
        "the public key as a secret": issuer.sign_by_public_key(claims(issuer)),
        "another's key under the same name": issuer.sign(claims(issuer), stranger),
        "another algorithm": issuer.sign(claims(issuer), alg="PS512"),
        "no token": "nonsense",
        "too long": issuer.sign({**claims(issuer), "filler": "x" * 20_000}),
    }
    for how, token in forged.items():
        with pytest.raises(TokenRefusedError):
            pytest.fail(f"{how}: {directory.verify(token, issuer.url, PINNED)}")


def test_a_new_key_is_found_but_asked_for_once_a_minute_at_most(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    directory.verify(issuer.sign(claims(issuer)), issuer.url, PINNED)
    issuer.keys = [an_rsa_key(2)]
    rotated = issuer.sign(claims(issuer))
    for _ in range(3):
        with pytest.raises(TokenRefusedError, match="no key of its issuer"):
            directory.verify(rotated, issuer.url, PINNED)
    assert issuer.requests["/keys"] == 1
    clock.advance(timedelta(minutes=1))
    assert directory.verify(rotated, issuer.url, PINNED).claims["sub"] == "ana"
    with pytest.raises(TokenRefusedError):
        directory.verify(issuer.sign(claims(issuer), an_rsa_key(1)), issuer.url, PINNED)
    assert issuer.requests["/keys"] == 2


def test_a_key_that_was_withdrawn_is_forgotten_in_a_quarter_of_an_hour(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    old = issuer.sign(claims(issuer))
    directory.verify(old, issuer.url, PINNED)
    issuer.keys = [an_rsa_key(2)]
    clock.advance(timedelta(minutes=15))
    with pytest.raises(TokenRefusedError):
        directory.verify(old, issuer.url, PINNED)


def test_an_issuer_that_failed_is_left_alone_for_half_a_minute(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    issuer.named = "https://login.example.org"
    for _ in range(3):
        with pytest.raises(IssuerUnavailableError, match="exactly as it names itself"):
            directory.metadata(issuer.url)
    assert issuer.requests == {"/.well-known/openid-configuration": 1}
    issuer.named = issuer.url
    clock.advance(timedelta(seconds=30))
    assert directory.metadata(issuer.url).issuer == issuer.url


def test_what_is_known_serves_while_somebody_asks_again_or_the_issuer_fails(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    token = issuer.sign(claims(issuer))
    directory.verify(token, issuer.url, PINNED)
    clock.advance(timedelta(minutes=11))
    with directory._lock_of(issuer.url):  # as a thread does that waits for the issuer
        assert directory.verify(token, issuer.url, PINNED).claims
    assert issuer.requests["/keys"] == 1
    issuer.named = "https://login.example.org"
    assert directory.verify(token, issuer.url, PINNED).claims
    clock.advance(timedelta(minutes=4))
    with pytest.raises(IssuerUnavailableError):
        directory.verify(token, issuer.url, PINNED)


def test_a_secret_or_a_weak_key_among_the_published_ones_is_not_used(
    issuer: SigningIssuer, directory: IssuerDirectory
) -> None:
    with pytest.warns(match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "weak"}, private=True)
    shared = OctKey.generate_key(256, {"kid": "shared"})
    issuer.keys += [weak, shared]
    with pytest.raises(TokenRefusedError):
        directory.verify(issuer.sign(claims(issuer), weak), issuer.url, PINNED)
    with pytest.raises(TokenRefusedError):
        directory.verify(issuer.sign(claims(issuer), shared, alg="HS256"), issuer.url, (*PINNED, "HS256"))


def test_a_document_of_another_issuer_is_not_believed(issuer: SigningIssuer, directory: IssuerDirectory) -> None:
    issuer.named = "https://login.example.org"
    with pytest.raises(IssuerUnavailableError, match="that of 'https://login"):
        directory.metadata(issuer.url)


def test_an_issuer_that_cannot_be_used_is_unavailable(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    with pytest.raises(IssuerUnavailableError, match="did not answer"):
        directory.metadata(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(IssuerUnavailableError, match="answered 404"):
        directory.metadata(f"{issuer.url}/elsewhere")
    with pytest.raises(IssuerUnavailableError, match="not public"):
        IssuerDirectory(OutboundHttp(OutboundPolicy()), clock).metadata(issuer.url)


def test_a_provider_without_the_code_flow_or_without_s256_is_not_logged_in_to(
    issuer: SigningIssuer, directory: IssuerDirectory, clock: ManualClock
) -> None:
    asked = AuthorizationRequest(("openid",), "s", "n", "v", timedelta(0))
    issuer.more = {"authorization_endpoint": None}
    with pytest.raises(IssuerUnavailableError, match="code flow"):
        authorization_url(directory.metadata(issuer.url), CLIENT, asked)
    issuer.more = {"code_challenge_methods_supported": ["plain"]}
    clock.advance(timedelta(hours=1))
    with pytest.raises(IssuerUnavailableError, match="S256"):
        authorization_url(directory.metadata(issuer.url), CLIENT, asked)


def test_a_token_endpoint_that_answers_with_no_json_object_is_unavailable(
    issuer: SigningIssuer, directory: IssuerDirectory, http: OutboundHttp
) -> None:
    with pytest.raises(IssuerUnavailableError):
        exchange_code(http, directory.metadata(issuer.url), CLIENT, code="c", verifier="v")
