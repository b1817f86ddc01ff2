"""Whether a signature of a version holds: its bytes, its files, and who is trusted at the time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.domains.access import REGISTRY
from modelkeep.domains.artifacts import manifest_of
from modelkeep.domains.catalog import ModelVersion, find_namespace
from modelkeep.domains.governance.domain.signatures import (
    CheckedSignature,
    Signature,
    UntrustedSignatureError,
    VerifiedSignature,
)
from modelkeep.domains.governance.domain.signing_keys import KeyKind, TrustedKey
from modelkeep.domains.governance.repository.signatures import SignatureRepository
from modelkeep.domains.governance.repository.signing_keys import SigningKeyRepository
from modelkeep.domains.governance.service.adding import verified_by
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.model_signing import (
    MODEL_SIGNATURE,
    PROMOTION,
    Bundle,
    InvalidBundleError,
    Statement,
    check_promoted,
    check_signed_files,
)
from modelkeep.platform.database import Transaction
from modelkeep.signing import Authority, BadSignatureError, PublicKey, verify


def verified_signatures(tx: Transaction, version: ModelVersion) -> tuple[VerifiedSignature, ...]:
    """Return the signatures over the files of a version that hold now, the oldest first; each is verified anew.

    What the registry itself has signed about a promotion is none of them: it must not open the next gate.
    """
    signatures = SignatureRepository(tx, version.id).all()
    if not signatures:
        return ()
    verifier = Verifier.of(tx, version)
    found = (verifier.check(signature).verified for signature in signatures)
    return tuple(held for held in found if held is not None and held.predicate_type == MODEL_SIGNATURE)


@dataclass(frozen=True)
class Verifier:
    """What signatures of a version are held against: its files, and the keys of its namespace and the registry."""

    version: ModelVersion
    files: Mapping[str, Digest] = field(repr=False)
    keys: Sequence[TrustedKey] = field(repr=False)

    @classmethod
    def of(cls, tx: Transaction, version: ModelVersion) -> "Verifier":
        """Read it."""
        files = {entry.path: entry.digest for entry in manifest_of(tx, version.manifest_digest).files}
        name = version.model.namespace
        namespace = find_namespace(tx, name)
        scopes = [SigningKeyRepository(tx, str(REGISTRY))]
        if namespace is not None:
            scopes.insert(0, SigningKeyRepository(tx, name, namespace.created_at))
        return cls(version, files, [key for scope in scopes for key in scope.all()])

    def check(self, signature: Signature) -> CheckedSignature:
        """Say whether a signature holds now, or why not."""
        try:
            if Digest.of(signature.bundle) != signature.digest:
                raise InvalidBundleError("the stored bundle is not the one that was received")
            return CheckedSignature(signature, self.verify(Bundle.parse(signature.bundle), signature))
        except RegistryError as error:
            return CheckedSignature(signature, None, error.message)

    def verify(self, bundle: Bundle, signature: Signature) -> VerifiedSignature:
        """Return what a bundle says, and which key vouches for it.

        Raises:
            UntrustedSignatureError: no key that counts has signed it.
            BadSignatureError: the key that it names has not signed it.
            InvalidBundleError: it says something that is not about files or a promotion.
            SignedFilesDifferError: it is about other files, or another version.
        """
        key, identity, statement = self._signed_by_trusted(bundle, signature.added_at)
        if statement.predicate_type == PROMOTION:
            check_promoted(statement, self.version.reference, self.version.manifest_digest)
        else:
            check_signed_files(statement, self.files)
        return verified_by(signature, key, statement, identity)

    def _signed_by_trusted(self, bundle: Bundle, received: datetime) -> tuple[TrustedKey, str | None, Statement]:
        wanted = KeyKind.AUTHORITY if bundle.hint is None else KeyKind.PUBLIC_KEY
        candidates = [key for key in self.keys if key.material.kind is wanted]
        if bundle.hint is not None:
            candidates = [key for key in candidates if key.material.fingerprint == bundle.hint]
        faults: list[str] = []
        for key in candidates:
            try:
                _require_counting(key, received)
                public, identity = _public_key(key, bundle, received)
                return key, identity, verify(bundle, public)
            except BadSignatureError:
                raise
            except RegistryError as error:
                faults.append(f"{key.name}: {error.message}")
        raise UntrustedSignatureError(_why(bundle, faults))


def _require_counting(key: TrustedKey, received: datetime) -> None:
    if key.until is not None:
        raise UntrustedSignatureError(f"the trust in it was taken back on {key.until:%Y-%m-%d %H:%M} UTC")
    if not key.covers(received):
        raise UntrustedSignatureError("the signature was not received while it was valid")


def _public_key(key: TrustedKey, bundle: Bundle, received: datetime) -> tuple[PublicKey, str | None]:
    """Return the key that must have signed, and who holds it if an authority says so."""
    if key.material.kind is KeyKind.PUBLIC_KEY:
        return PublicKey.from_pem(key.material.pem.encode()), None
    signer = Authority.from_pem(key.material.pem.encode()).signer(bundle.chain, received)
    identity = None if key.identity is None else key.identity.first_of(signer.identities)
    if identity is None:
        named = ", ".join(signer.identities) or "nobody"
        raise UntrustedSignatureError(f"it is not trusted about {named[:500]}")
    return signer.key, identity


def _why(bundle: Bundle, faults: Iterable[str]) -> str:
    told = "; ".join(dict.fromkeys(faults))
    if told:
        return f"no trusted key holds for this signature ({told[:2000]})"
    missing = "an authority of its certificate" if bundle.hint is None else f"the key {bundle.hint}"
    return (
        f"nobody trusts {missing} here: who may write policies can, with 'modelkeep signing-key trust'; then sign again"
    )
