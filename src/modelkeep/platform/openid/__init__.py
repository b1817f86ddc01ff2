"""OpenID Connect as a relying party: discovery, keys, signatures, the code flow. What claims mean is for others."""

from modelkeep.platform.openid.code_flow import (
    Client,
    ProviderTokens,
    authorization_url,
    challenge_of,
    exchange_code,
)
from modelkeep.platform.openid.errors import CodeRefusedError, IssuerUnavailableError, TokenRefusedError
from modelkeep.platform.openid.issuers import IssuerDirectory, IssuerMetadata
from modelkeep.platform.openid.signatures import ALGORITHMS, SignedClaims, unverified_issuer
from modelkeep.platform.openid.transport import HttpTransport, Transport

__all__ = [
    "ALGORITHMS",
    "Client",
    "CodeRefusedError",
    "HttpTransport",
    "IssuerDirectory",
    "IssuerMetadata",
    "IssuerUnavailableError",
    "ProviderTokens",
    "SignedClaims",
    "TokenRefusedError",
    "Transport",
    "authorization_url",
    "challenge_of",
    "exchange_code",
    "unverified_issuer",
]
