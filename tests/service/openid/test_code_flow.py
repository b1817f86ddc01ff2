"""The code flow against a real provider."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
import pytest
from tests.servers.openid_provider import CLIENT, SECRET, OpenIdProvider

from modelkeep.domains.access.domain.openid.identity_tokens import Expected, read_identity
from modelkeep.kernel.clock import system_clock
from modelkeep.platform.openid import (
    Client,
    CodeRefusedError,
    HttpTransport,
    IssuerDirectory,
    ProviderTokens,
    authorization_url,
    exchange_code,
)

REGISTRY = "http://127.0.0.1:1"
CLIENT_HERE = Client(CLIENT, SECRET, f"{REGISTRY}/api/v1/login/oidc/corporate/callback")
VERIFIER = "v" * 43


@pytest.fixture
def provider(openid_provider_server: OpenIdProvider) -> OpenIdProvider:
    accounts = {"ana": {"name": "Ana", "email": "ana@example.org", "email_verified": True, "groups": ["risk"]}}
    openid_provider_server.configure(REGISTRY, "corporate", accounts)
    return openid_provider_server


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport(allow_http=True)
    yield transport
    transport.close()


def asked(provider: OpenIdProvider, transport: HttpTransport) -> str:
    metadata = IssuerDirectory(transport, system_clock).metadata(provider.issuer)
    scopes = ("openid", "profile", "email", "groups")
    return authorization_url(metadata, CLIENT_HERE, scopes=scopes, state="s", nonce="n", verifier=VERIFIER)


def a_code(provider: OpenIdProvider, address: str) -> str:
    with httpx.Client() as browser:
        back = parse_qs(urlsplit(provider.log_in(browser, address, "ana")).query)
    assert (back["state"], back["iss"]) == (["s"], [provider.issuer])
    return back["code"][0]


def exchange(
    provider: OpenIdProvider,
    transport: HttpTransport,
    code: str,
    *,
    client: Client = CLIENT_HERE,
    verifier: str = VERIFIER,
) -> ProviderTokens:
    metadata = IssuerDirectory(transport, system_clock).metadata(provider.issuer)
    return exchange_code(transport, metadata, client, code=code, verifier=verifier)


def test_a_login_at_a_real_provider_says_who_it_is(provider: OpenIdProvider, transport: HttpTransport) -> None:
    tokens = exchange(provider, transport, a_code(provider, asked(provider, transport)))
    signed = IssuerDirectory(transport, system_clock).verify(tokens.id_token, provider.issuer, ("RS256",))
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


def test_a_code_is_exchanged_once(provider: OpenIdProvider, transport: HttpTransport) -> None:
    code = a_code(provider, asked(provider, transport))
    exchange(provider, transport, code)
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, transport, code)


def test_a_code_is_exchanged_for_its_verifier_only(provider: OpenIdProvider, transport: HttpTransport) -> None:
    code = a_code(provider, asked(provider, transport))
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, transport, code, verifier="w" * 43)


def test_a_code_that_was_got_without_challenge_is_no_use(provider: OpenIdProvider, transport: HttpTransport) -> None:
    parts = urlsplit(asked(provider, transport))
    kept = "&".join(item for item in parts.query.split("&") if not item.startswith("code_challenge"))
    code = a_code(provider, urlunsplit(parts._replace(query=kept)))
    with pytest.raises(CodeRefusedError, match="invalid_grant"):
        exchange(provider, transport, code)


def test_another_secret_exchanges_nothing(provider: OpenIdProvider, transport: HttpTransport) -> None:
    code = a_code(provider, asked(provider, transport))
    with pytest.raises(CodeRefusedError, match="invalid_client"):
        exchange(provider, transport, code, client=Client(CLIENT, "guessed", CLIENT_HERE.redirect_uri))
