"""Signs statements into bundles, and verifies bundles against a key."""

from cryptography.hazmat.primitives.serialization import Encoding

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.model_signing import Bundle, Statement
from modelkeep.signing.certificates import read_certificates, signer_of
from modelkeep.signing.keys import InvalidSigningKeyError, PrivateKey, PublicKey


class BadSignatureError(InvalidValueError):
    """The signature is not that of the key over what the bundle says."""

    code = "signing.bad_signature"


def sign(statement: Statement, key: PrivateKey) -> Bundle:
    """Sign a statement; the bundle names the public key."""
    unsigned = Bundle(statement.payload(), b"", hint=key.public.hint)
    return Bundle(unsigned.payload, key.sign(unsigned.signed), hint=unsigned.hint)


def sign_with_certificate(statement: Statement, key: PrivateKey, chain: bytes) -> Bundle:
    """Sign a statement; the bundle holds the certificates, in PEM, the signer's first.

    Raises:
        InvalidSigningKeyError: the first certificate is that of another key.
    """
    certificates = read_certificates(chain)
    if signer_of(certificates[0]).key.pem != key.public.pem:
        raise InvalidSigningKeyError("the certificate is that of another key: give the signer's own certificate first")
    unsigned = Bundle(statement.payload(), b"")
    ders = tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
    return Bundle(unsigned.payload, key.sign(unsigned.signed), chain=ders)


def verify(bundle: Bundle, key: PublicKey) -> Statement:
    """Return what a bundle says, if this key has signed it.

    Raises:
        BadSignatureError: it has not, or the bundle names another key.
        InvalidBundleError: it has signed something that is no statement.
    """
    if bundle.hint not in (None, key.hint):
        raise BadSignatureError("the bundle names another key")
    if not key.verifies(bundle.signed, bundle.signature):
        raise BadSignatureError("the signature is not that of the key over what the bundle says")
    return Statement.parse(bundle.payload)
