"""OpenID Connect as a relying party: discovery, keys, signatures, the code flow. What claims mean is for others."""

from modelkeep.platform.openid.code_flow import (
    AuthorizationRequest,
    Client,
    ProviderTokens,
    authorization_url,
    challenge_of,
    exchange_code,
)
from modelkeep.platform.openid.errors import CodeRefusedError, IssuerUnavailableError, TokenRefusedError
from modelkeep.platform.openid.issuers import IssuerDirectory, IssuerMetadata
from modelkeep.platform.openid.signatures import ALGORITHMS, SignedClaims, unverified_issuer

__all__ = [
    "ALGORITHMS",
    "AuthorizationRequest",
    "Client",
    "CodeRefusedError",
    "IssuerDirectory",
    "IssuerMetadata",
    "IssuerUnavailableError",
    "ProviderTokens",
    "SignedClaims",
    "TokenRefusedError",
    "authorization_url",
    "challenge_of",
    "exchange_code",
    "unverified_issuer",
]
