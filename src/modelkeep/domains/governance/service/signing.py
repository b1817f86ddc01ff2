"""What governance offers of signatures and evidence."""

from dataclasses import dataclass

from modelkeep.domains.governance.service.counter_signing import CounterSigner
from modelkeep.domains.governance.service.evidence import EvidenceService
from modelkeep.domains.governance.service.signatures import SignatureService
from modelkeep.domains.governance.service.signing_keys import SigningKeyService


@dataclass(frozen=True, slots=True)
class SigningServices:
    """Signatures of versions, the keys that are trusted to make them, the registry's own, and evidence packs."""

    signatures: SignatureService
    keys: SigningKeyService
    counter_signer: CounterSigner
    evidence: EvidenceService
