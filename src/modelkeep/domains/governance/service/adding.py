"""What adding a signature is, whoever made it."""

from datetime import datetime

from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.signatures import (
    MAX_SIGNATURES,
    Signature,
    TooManySignaturesError,
    VerifiedSignature,
)
from modelkeep.domains.governance.domain.signing_keys import TrustedKey
from modelkeep.domains.governance.repository.signatures import SignatureRepository
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.model_signing import PROMOTION, Bundle, Statement
from modelkeep.platform.database import Transaction


def signature_of(bundle: Bundle, version: ModelVersion, identity: str, by: Actor, at: datetime) -> Signature:
    """Return a bundle as it is kept: received by a version, at a time.

    Raises:
        InvalidBundleError: what it signs is no statement.
    """
    said = Statement.parse(bundle.payload)
    return Signature(identity, version.id, bundle.digest, said.predicate_type, bundle.document, at, by.id)


def verified_by(
    signature: Signature, key: TrustedKey, statement: Statement, identity: str | None = None
) -> VerifiedSignature:
    """Return a signature that a key was found to hold for."""
    return VerifiedSignature(
        id=signature.id,
        digest=signature.digest,
        predicate_type=statement.predicate_type,
        key_id=key.id,
        key_name=key.name,
        key_scope=key.scope,
        fingerprint=key.material.fingerprint,
        identity=identity,
        added_at=signature.added_at,
        added_by=signature.added_by,
        promotion=statement.predicate if statement.predicate_type == PROMOTION else None,
    )


def add_signature(
    tx: Transaction, version: ModelVersion, signature: Signature, verified: VerifiedSignature, by: Actor
) -> None:
    """Store a signature that holds, with its event.

    Raises:
        TooManySignaturesError: the version has 100 over its files; those of promotions do not count.
    """
    stored = SignatureRepository(tx, version.id)
    if signature.predicate_type != PROMOTION and stored.count_over_files() >= MAX_SIGNATURES:
        raise TooManySignaturesError(f"{version.reference} has {MAX_SIGNATURES} signatures, and may have no more")
    stored.add(signature)
    tx.record(_version_signed(version, signature, verified, by))


def _version_signed(version: ModelVersion, signature: Signature, verified: VerifiedSignature, by: Actor) -> Event:
    data: dict[str, Json] = {
        "version_id": version.id,
        "number": version.number,
        "manifest_digest": str(version.manifest_digest),
        "signature_id": signature.id,
        "bundle_digest": str(signature.digest),
        "predicate_type": signature.predicate_type,
        "key_id": verified.key_id,
        "fingerprint": verified.fingerprint,
    }
    texts = {"identity": verified.identity} if verified.identity else {}
    return Event("governance.version_signed", version.reference, by, signature.added_at, data, texts)
