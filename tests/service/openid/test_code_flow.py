"""The code flow against a real provider."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
import pytest
from tests.servers.openid_provider import CLIENT, SECRET, OpenIdProvider

from modelkeep.domains.access.domain.openid.identity_tokens import Expected, read_identity
from modelkeep.kernel.clock import system_clock
from modelkeep.platform.openid import (
    AuthorizationRequest,
    Client,
    CodeRefusedError,
    IssuerDirectory,
    ProviderTokens,
    authorization_url,
    exchange_code,
)
from modelkeep.platform.outbound_http import OutboundHttp, OutboundPolicy

REGISTRY = "http://127.0.0.1:1"
CLIENT_HERE = Client(CLIENT, SECRET, f"{REGISTRY}/api/v1/login/oidc/corporate/callback")
VERIFIER = "v" * 43


@pytest.fixture
def provider(openid_provider_server: OpenIdProvider) -> OpenIdProvider:
    accounts = {"ana": {"name": "Ana", "email": "ana@example.org", "email_verified": True, "groups": ["risk"]}}
    openid_provider_server.configure(REGISTRY, "corporate", accounts)
    return openid_provider_server


@pytest.fixture
def http() -> OutboundHttp:
    return OutboundHttp(OutboundPolicy.parse("127.0.0.1"))


def asked(provider: OpenIdProvider, http: OutboundHttp) -> str:
    metadata = IssuerDirectory(http, system_clock).metadata(provider.issuer)
    scopes = ("openid", "profile", "email", "groups")
    return authorization_url(
        metadata, CLIENT_HERE, AuthorizationRequest(scopes, "s", "n", VERIFIER, timedelta(hours=1))
    )


def a_code(provider: OpenIdProvider, address: str) -> str:
    with httpx.Client() as browser:
        back = parse_qs(urlsplit(provider.log_in(browser, address, "ana")).query)
    assert (back["state"], back["iss"]) == (["s"], [provider.issuer])
    return back["code"][0]


def exchange(
    provider: OpenIdProvider,
    http: OutboundHttp,
    code: str,
    *,
    client: Client = CLIENT_HERE,
    verifier: str = VERIFIER,
) -> ProviderTokens:
    metadata = IssuerDirectory(http, system_clock).metadata(provider.issuer)
    return exchange_code(http, metadata, client, code=code, verifier=verifier)


def test_a_login_at_a_real_provider_says_who_it_is(provider: OpenIdProvider, http: OutboundHttp) -> None:
    tokens = exchange(provider, http, a_code(provider, asked(provider, http)))
    signed = IssuerDirectory(http, system_clock).verify(tokens.id_token, provider.issuer, ("RS256",))
    found = read_identity(
        signed.claims,
        Expected(provider.issuer, CLIENT, "n", "groups"),
        system_clock(),
        algorithm=signed.algorithm,
        access_token=tokens.access_token,
    )
    assert (found.subject, found.name, found.email, found.groups) == (
        "ana",
        "Ana",
        "ana@example.org",
        frozenset({"risk"}),
    )


def test_a_code_is_exchanged_once(provider: OpenIdProvider, http: OutboundHttp) -> None:
    code = a_code(provider, asked(provider, http))
    exchange(provider, http, code)
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, http, code)


def test_a_code_is_exchanged_for_its_verifier_only(provider: OpenIdProvider, http: OutboundHttp) -> None:
    code = a_code(provider, asked(provider, http))
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, http, code, verifier="w" * 43)


def test_a_code_that_was_got_without_challenge_is_no_use(provider: OpenIdProvider, http: OutboundHttp) -> None:
    parts = urlsplit(asked(provider, http))
    kept = "&".join(item for item in parts.query.split("&") if not item.startswith("code_challenge"))
    code = a_code(provider, urlunsplit(parts._replace(query=kept)))
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, http, code)


def test_another_secret_exchanges_nothing(provider: OpenIdProvider, http: OutboundHttp) -> None:
    code = a_code(provider, asked(provider, http))
    with pytest.raises(CodeRefusedError, match="invalid_client"):
        exchange(provider, http, code, client=Client(CLIENT, "guessed", CLIENT_HERE.redirect_uri))
