"""Signatures of versions, and the keys that are trusted to make them, on the wire."""

from datetime import UTC, datetime
from typing import Any, Self

from pydantic import AwareDatetime, Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.governance import CheckedSignature, KeyKind, NewTrust, TrustedKey, VerifiedSignature
from modelkeep.kernel.events import Receipt

MAX_PEM = 64 * 1024


class SignatureIn(In):
    """A signature to add."""

    bundle: dict[str, Any] = Field(description="An OpenSSF model-signing bundle (Sigstore bundle v0.3), as JSON")


class SigningKeyIn(In):
    """A key or authority to trust."""

    name: str = Field(examples=["release pipeline"])
    pem: str = Field(max_length=MAX_PEM, description="A public key on P-256, P-384 or P-521, or certificates, in PEM")
    identity: str | None = Field(
        default=None,
        description="Whom certificates of an authority are believed about: `email:`, `uri:` or `dns:` and a name in "
        "which `*` stands for any characters but `/` and `@`",
        examples=["email:*@example.org"],
    )
    valid_from: AwareDatetime | None = Field(default=None, description="Signatures received before do not count")
    valid_until: AwareDatetime | None = Field(default=None, description="Signatures received from then on do not count")

    def value(self) -> NewTrust:
        """Return what the use case takes."""
        return NewTrust(self.name, self.pem, self.identity, _utc(self.valid_from), _utc(self.valid_until))


class RevocationIn(In):
    """Why trust is taken back."""

    reason: str = Field(default="", max_length=4096)


class SigningKeyOut(Out):
    """A key or authority that is trusted from `since` until `until`."""

    id: str
    scope: str = Field(description="`*` is the registry, else a namespace")
    name: str
    kind: KeyKind
    fingerprint: str = Field(description="SHA-256 of the PEM form, in hex; of a key it is what bundles name it by")
    identity: str | None
    pem: str
    valid_from: Timestamp | None
    valid_until: Timestamp | None
    since: Timestamp
    trusted_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, key: TrustedKey, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a key."""
        return cls(
            id=key.id,
            scope=key.scope,
            name=key.name,
            kind=key.material.kind,
            fingerprint=key.material.fingerprint,
            identity=None if key.identity is None else key.identity.text,
            pem=key.material.pem,
            valid_from=key.valid_from,
            valid_until=key.valid_until,
            since=key.since,
            trusted_by=PrincipalOut.of(key.trusted_by, names),
            until=key.until,
            ended_by=None if key.ended_by is None else PrincipalOut.of(key.ended_by, names),
            audit=ReceiptOut.of(receipt),
        )


class SignedByOut(Out):
    """The trusted key by which a signature holds, and for an authority whom the certificate was issued to."""

    id: str
    name: str
    scope: str
    fingerprint: str
    identity: str | None

    @classmethod
    def of(cls, verified: VerifiedSignature) -> Self:
        """Present it."""
        return cls(
            id=verified.key_id,
            name=verified.key_name,
            scope=verified.key_scope,
            fingerprint=verified.fingerprint,
            identity=verified.identity,
        )


class SignatureOut(Out):
    """A signature of a version, verified when it was asked for: `fault` says why it does not hold.

    `promotion` is what the registry says of one in a signature of its own: the stage, how, by which policy, approvals,
    results of gates, and its entry in the audit log. It is null for signatures over files.
    """

    id: str
    digest: str = Field(description="Digest of the bundle in canonical JSON")
    predicate_type: str
    holds: bool
    fault: str
    key: SignedByOut | None
    promotion: dict[str, Any] | None
    added_at: Timestamp
    added_by: PrincipalOut
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, checked: CheckedSignature, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a signature."""
        signature = checked.signature
        promotion = None if checked.verified is None else checked.verified.promotion
        return cls(
            id=signature.id,
            digest=str(signature.digest),
            predicate_type=signature.predicate_type,
            holds=checked.verified is not None,
            fault=checked.fault,
            key=None if checked.verified is None else SignedByOut.of(checked.verified),
            promotion=None if promotion is None else dict(promotion),
            added_at=signature.added_at,
            added_by=PrincipalOut.of(signature.added_by, names),
            audit=ReceiptOut.of(receipt),
        )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
