"""The registry signs what it has done with a version: a promotion, with a key of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import REGISTRY
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.signatures import PROMOTION, Signature
from modelkeep.domains.governance.domain.signing_keys import KeyKind, KeyMaterial, NewTrust, TrustedKey
from modelkeep.domains.governance.repository.signing_keys import SigningKeyRepository
from modelkeep.domains.governance.service.adding import add_signature, signature_of, verified_by
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.model_signing import Statement
from modelkeep.platform.database import Transaction
from modelkeep.signing import PrivateKey, PublicKey, sign

_NAMED = 12


@dataclass(frozen=True, slots=True)
class CounterSigner:
    """Signs promotions as in-toto statements; its key is trusted in the whole registry from its first signature on."""

    key: Callable[[], PrivateKey]
    new_id: IdSource

    def sign_promotion(
        self, tx: Transaction, actor: Actor, version: ModelVersion, predicate: Mapping[str, Json], at: datetime
    ) -> Signature:
        """Sign that a version was promoted, in the transaction that promotes it; `predicate` says how.

        The statement is about the version's reference and manifest digest.
        """
        private = self.key()
        key = self._trusted(tx, private.public, actor, at)
        statement = Statement(version.reference, version.manifest_digest, PROMOTION, predicate)
        signature = signature_of(sign(statement, private), version, self.new_id(), actor, at)
        add_signature(tx, version, signature, verified_by(signature, key, PROMOTION), actor)
        return signature

    def _trusted(self, tx: Transaction, public: PublicKey, actor: Actor, at: datetime) -> TrustedKey:
        keys = SigningKeyRepository(tx, str(REGISTRY))
        name = f"registry {public.hint[:_NAMED]}"
        key = keys.find_named(name)
        if key is None:
            material = KeyMaterial(KeyKind.PUBLIC_KEY, public.pem, public.hint)
            key = TrustedKey.made(NewTrust(name, public.pem), material, str(REGISTRY), self.new_id(), actor, at)
            keys.add(key)
            tx.record(key.trusted(actor))
        return key
