"""The registry signs what it has done: each promotion, with a key of its own, once its entry is in the audit log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.access import REGISTRY
from modelkeep.domains.audit import BEFORE_ALL, AuditReader, Entry
from modelkeep.domains.catalog import lock_model, version_by_id
from modelkeep.domains.governance.domain.requests import Manner
from modelkeep.domains.governance.domain.signing_keys import (
    KeyKind,
    KeyMaterial,
    NewTrust,
    RevokedSigningKeyError,
    TrustedKey,
)
from modelkeep.domains.governance.repository.promotion import ProgressRepository
from modelkeep.domains.governance.repository.signing_keys import SigningKeyRepository
from modelkeep.domains.governance.service.adding import add_signature, signature_of, verified_by
from modelkeep.domains.governance.service.promotion.upkeep import AT_ONCE, SYSTEM
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.model_signing import PROMOTION, Statement
from modelkeep.platform.database import Database, Transaction
from modelkeep.signing import PrivateKey, PublicKey, sign

_READER: Final = "counter_signing"
_NAMED: Final = 12
_PROMOTING: Final = ("governance.version_promoted", "governance.version_rolled_back")


@dataclass(frozen=True, slots=True)
class CounterSigner:
    """Signs promotions as in-toto statements, in the order of the audit log; each exactly once.

    A statement names the entry of its promotion, so it is made after it: whatever stops a server, the next one goes on
    where it was. The key is trusted in the whole registry from its first statement on.
    """

    database: Database
    key: Callable[[], PrivateKey]
    reader: AuditReader
    clock: Clock
    new_id: IdSource

    def behind(self) -> bool:
        """Say whether the log has promotions that are not signed."""
        return self._next(self._seen()) is not None

    def sign_promotions(self) -> int:
        """Sign the next promotions, up to 100, and return how many.

        Raises:
            RevokedSigningKeyError: the trust in the key was taken back; the registry needs another one.
        """
        for done in range(AT_ONCE):
            seen = self._seen()
            entry = self._next(seen)
            if entry is None:
                return done
            self._sign(entry, seen)
        return AT_ONCE

    def _seen(self) -> int | None:
        with self.database.snapshot() as tx:
            return ProgressRepository(tx).seen(_READER)

    def _next(self, seen: int | None) -> Entry | None:
        after = BEFORE_ALL if seen is None else seen
        found = [entry for action in _PROMOTING for entry in self.reader.read_of(action, after, 1)]
        return min(found, key=lambda entry: entry.seq, default=None)

    def _sign(self, entry: Entry, seen: int | None) -> None:
        private, now = self.key(), self.clock()
        with self.database.transaction() as tx:
            version, progress = version_by_id(tx, str(entry.data["version_id"])), ProgressRepository(tx)
            lock_model(tx, version.model)
            if progress.seen(_READER) != seen:
                return  # another server has signed it
            progress.advance(entry.seq, first=seen is None, reader=_READER)
            key = self._trusted(tx, private.public)
            statement = Statement(version.reference, version.manifest_digest, PROMOTION, _predicate(entry))
            signature = signature_of(sign(statement, private), version, self.new_id(), SYSTEM, now)
            add_signature(tx, version, signature, verified_by(signature, key, statement), SYSTEM)

    def _trusted(self, tx: Transaction, public: PublicKey) -> TrustedKey:
        """Return the trust in the registry's key, which begins with its first use, and never comes back by itself."""
        keys, now = SigningKeyRepository(tx, str(REGISTRY)), self.clock()
        known = keys.of_fingerprint(public.hint)
        for key in known:
            if key.until is None and key.covers(now):
                return key
        if known:
            raise RevokedSigningKeyError(
                f"the key {public.hint} that this registry signs promotions with is not trusted any more: give it "
                "another one in MODELKEEP_SIGNING_KEY, or move signing-key.pem out of its data folder, and restart it"
            )
        material = KeyMaterial(KeyKind.PUBLIC_KEY, public.pem, public.hint)
        new = NewTrust(f"registry {public.hint[:_NAMED]}", public.pem)
        key = TrustedKey.made(new, material, str(REGISTRY), self.new_id(), SYSTEM, now)
        keys.add(key)
        tx.record(key.trusted(SYSTEM))
        return key


def _predicate(entry: Entry) -> Mapping[str, Json]:
    """Return what is said of a promotion: what its entry says, and where in the log that is.

    A rollback goes by the rules of its policy: it has no approvals of its own, and is bound to nothing.
    """
    data = entry.data
    binding = data.get("binding")
    return {
        "stage": data["to_stage"],
        "from_stage": data["from_stage"],
        "manner": data.get("manner", Manner.ROLLBACK.value),
        "request_id": data["request_id"],
        "policy": {"name": data["policy"], "number": data["policy_number"]},
        "gate_results": binding["evidence_digest"] if isinstance(binding, dict) else None,
        "binding": binding,
        "approvals": data.get("approvals", []),
        "promoted_at": timestamp(entry.at),
        "promoted_by": entry.actor.id,
        "entry": {"seq": entry.seq, "leaf_hash": entry.leaf_hash.hex()},
    }
