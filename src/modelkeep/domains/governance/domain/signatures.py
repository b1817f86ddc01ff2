"""Signatures of versions: what is kept of each, and what came of verifying it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId

MAX_SIGNATURES: Final = 100
"""The most signatures over the files of one version."""


class SignatureNotFoundError(RegistryError):
    """The version has no such signature."""

    kind = Kind.NOT_FOUND
    code = "governance.signature_not_found"


class UntrustedSignatureError(InvalidValueError):
    """No key that is trusted here has made the signature."""

    code = "governance.signature_untrusted"


class TooManySignaturesError(RegistryError):
    """The version has as many signatures as it may have."""

    kind = Kind.LIMIT_EXCEEDED
    code = "governance.too_many_signatures"


@dataclass(frozen=True, slots=True)
class Signature:
    """A bundle over a version, as it was received; its `digest` is that of the bundle in canonical JSON."""

    id: str
    version_id: str
    digest: Digest
    predicate_type: str
    bundle: bytes = field(repr=False)
    added_at: datetime
    added_by: PrincipalId


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that holds: the trusted key that says so, and for an authority the identity it was issued to.

    `promotion` is what the registry says of one in its own signatures; those over files have none.
    """

    id: str
    digest: Digest
    predicate_type: str
    key_id: str
    key_name: str
    key_scope: str
    fingerprint: str
    identity: str | None
    added_at: datetime
    added_by: PrincipalId
    promotion: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class CheckedSignature:
    """A signature with what came of verifying it: `verified`, or the `fault` that keeps it from holding."""

    signature: Signature
    verified: VerifiedSignature | None
    fault: str = ""
