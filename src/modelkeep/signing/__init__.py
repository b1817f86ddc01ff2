"""Signatures of models with keys and certificates: the one place that both server and client have for it.

It needs the package `cryptography`, which comes with the extras `server` and `verify`; nothing else may.
"""

from modelkeep.signing.bundles import BadSignatureError, sign, sign_with_certificate, verify
from modelkeep.signing.certificates import Authority, Signer, UntrustedCertificateError
from modelkeep.signing.keys import InvalidSigningKeyError, PrivateKey, PublicKey

__all__ = [
    "Authority",
    "BadSignatureError",
    "InvalidSigningKeyError",
    "PrivateKey",
    "PublicKey",
    "Signer",
    "UntrustedCertificateError",
    "sign",
    "sign_with_certificate",
    "verify",
]
