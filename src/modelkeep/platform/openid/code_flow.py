"""The authorization code flow with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 7636): its two requests."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from modelkeep.platform.openid.errors import CodeRefusedError, IssuerUnavailableError
from modelkeep.platform.openid.issuers import IssuerMetadata
from modelkeep.platform.openid.requests import post_form
from modelkeep.platform.outbound_http import OutboundHttp

CHALLENGE_METHOD = "S256"


@dataclass(frozen=True, slots=True)
class Client:
    """This registry as a provider knows it; a public client, without secret, has PKCE alone."""

    id: str
    secret: str | None = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What a code is exchanged for; the access token serves to check `at_hash`, and is then forgotten."""

    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a login begins with. Who was asked longer than `max_age` ago is asked again, and `auth_time` tells."""

    scopes: tuple[str, ...]
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    max_age: timedelta


def authorization_url(metadata: IssuerMetadata, client: Client, request: AuthorizationRequest) -> str:
    """Return where to send the browser.

    Raises:
        IssuerUnavailableError: the provider has no such endpoint, or says that it does not know S256: a code that is
            not bound to this registry's verifier could be injected.
    """
    if not metadata.authorization_endpoint or not metadata.token_endpoint:
        raise IssuerUnavailableError(f"{metadata.issuer} does not offer the code flow", issuer=metadata.issuer)
    if metadata.challenge_methods and CHALLENGE_METHOD not in metadata.challenge_methods:
        raise IssuerUnavailableError(f"{metadata.issuer} does not offer PKCE with S256", issuer=metadata.issuer)
    parameters = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(request.scopes),
        "state": request.state,
        "nonce": request.nonce,
        "code_challenge": challenge_of(request.verifier),
        "code_challenge_method": CHALLENGE_METHOD,
        "max_age": str(int(request.max_age.total_seconds())),
    }
    separator = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{separator}{urlencode(parameters)}"


def exchange_code(
    http: OutboundHttp, metadata: IssuerMetadata, client: Client, *, code: str, verifier: str
) -> ProviderTokens:
    """Exchange the code for tokens.

    Raises:
        CodeRefusedError: the provider refuses the code, the verifier or the client.
        IssuerUnavailableError: it cannot be reached, or its answer has no identity token.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "client_id": client.id,
        "code_verifier": verifier,
    }
    auth = None if client.secret is None else (client.id, client.secret)
    status, answer = post_form(http, metadata.token_endpoint, form, auth)
    if status != HTTPStatus.OK:
        raise CodeRefusedError(
            f"the provider did not accept this login ({answer.get('error', status)}); log in again",
            issuer=metadata.issuer,
        )
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str):
        raise IssuerUnavailableError(f"{metadata.issuer} answered without an id_token; ask for the scope openid")
    return ProviderTokens(id_token, access_token if isinstance(access_token, str) else None)
