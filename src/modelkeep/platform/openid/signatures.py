"""Verifies JSON Web Signatures with the keys of an issuer (RFC 7515, RFC 7519); what the claims mean is for others."""

import base64
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jws import JWSRegistry

from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.openid.errors import TokenRefusedError

MAX_TOKEN: Final = 16 * 1024
MIN_RSA_BITS: Final = 2048
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
"""What can be allowed at all: signatures that a public key verifies. Neither `none` nor an HMAC is ever among them."""


@dataclass(frozen=True, slots=True)
class SignedClaims:
    """The claims of a token whose signature holds, and the algorithm it was made by."""

    claims: Mapping[str, Json]
    algorithm: str
    type: str


class UnknownKeyError(Exception):
    """The token names a key that is not in the set; the issuer may have changed its keys."""


def unverified_issuer(token: str) -> str:
    """Return who the token says has issued it: good for choosing whose keys to try, and for nothing else.

    Raises:
        TokenRefusedError: it is no JSON Web Token in compact form, or names no issuer.
    """
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        raise TokenRefusedError("this is no JSON Web Token: send the whole identity token, its three parts")
    issuer = _payload(parts[1]).get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise TokenRefusedError("the identity token names no issuer", claim="iss")
    return issuer


def read_keys(document: Mapping[str, Json]) -> KeySet:
    """Return the public keys of a JSON Web Key Set (RFC 7517); those of another use or kind are left out."""
    listed = document.get("keys")
    keys = _usable(cast("Iterable[object]", listed) if isinstance(listed, list) else ())
    return KeySet(list(keys))


def verify(token: str, keys: KeySet, algorithms: Collection[str]) -> SignedClaims:
    """Return the claims of a token that one of the keys has signed by one of the algorithms.

    Raises:
        TokenRefusedError: it is malformed, or the signature does not hold.
        UnknownKeyError: it names another key.
    """
    allowed = sorted(ALGORITHMS.intersection(algorithms))
    if len(token) > MAX_TOKEN:
        raise TokenRefusedError(f"the identity token is longer than {MAX_TOKEN} bytes")
    try:
        found = jwt.decode(token, keys, allowed, JWSRegistry(algorithms=allowed, strict_check_header=False))
    except InvalidKeyIdError as error:
        raise UnknownKeyError from error
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefusedError(f"the identity token is refused: {error}") from error
    return SignedClaims(_payload(token.split(".")[1]), str(found.header["alg"]), str(found.header.get("typ", "")))


def _payload(encoded: str) -> Mapping[str, Json]:
    """Read the claims strictly: a name that is there twice would mean different things to different readers."""
    try:
        claims = parse_json(_decoded(encoded), max_bytes=MAX_TOKEN)
    except (ValueError, InvalidValueError) as error:
        raise TokenRefusedError("the payload of the identity token is no JSON object") from error
    if not isinstance(claims, Mapping):
        raise TokenRefusedError("the payload of the identity token is no JSON object")
    return claims


def _usable(listed: Iterable[object]) -> Iterable[Key]:
    for item in listed:
        if not isinstance(item, dict) or item.get("use", "sig") != "sig" or not _is_strong(item):
            continue
        with suppress(JoseError, ValueError, TypeError, KeyError):
            yield import_key(cast("Any", item))


def _is_strong(key: Mapping[str, object]) -> bool:
    """Leave out shared secrets and short RSA keys, before the library warns of them."""
    if key.get("kty") != "RSA":
        return key.get("kty") in ("EC", "OKP")
    with suppress(ValueError):
        return int.from_bytes(_decoded(str(key.get("n")))).bit_length() >= MIN_RSA_BITS
    return False


def _decoded(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
