"""Which keys sign the log: the first one, a new one, one that is done with."""

from dataclasses import dataclass

from modelkeep.domains.audit.domain.log_keys import LogKey, key_change
from modelkeep.domains.audit.domain.signed_notes import VerifierKey
from modelkeep.domains.audit.ports import LogSigners
from modelkeep.domains.audit.repository import TreeRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import ConcurrentWriteError, Database, Transaction


@dataclass(frozen=True, slots=True)
class LogKeyService:
    """Keeps the keys of the log in step with those that the server was given."""

    database: Database
    signers: LogSigners
    clock: Clock

    def prepare(self, actor: Actor) -> None:
        """Adopt the newest key that was given, and retire those that are given no longer.

        Raises:
            LogKeyMismatchError: the key that signs the log now was not given.
        """
        try:
            self._prepare(actor)
        except ConcurrentWriteError:  # another server was first: what it made is there now
            self._prepare(actor)

    def _prepare(self, actor: Actor) -> None:
        with self.database.snapshot() as tx:
            known = TreeRepository(tx.session).log_keys()
        given = [signer.verifier for signer in self.signers.given()]
        if not known and not given:
            given = [self.signers.create().verifier]
        change = key_change(known, given)
        if change.adopt is None and not change.retire:
            return
        with self.database.transaction() as tx:
            tree = TreeRepository(tx.session)
            known = tree.log_keys()
            change = key_change(known, given)
            _, published = tree.progress()
            if change.adopt is not None:
                valid_from = max(published, known[-1].valid_from) + 1 if known else 0
                self._adopt(tx, actor, change.adopt, valid_from)
            for key in change.retire:
                tree.retire_key(key.verifier, published)
                data: dict[str, Json] = {"vkey": str(key.verifier), "valid_to": published}
                tx.record(Event("audit.log_key_retired", key.verifier.name, actor, self.clock(), data))

    def _adopt(self, tx: Transaction, actor: Actor, verifier: VerifierKey, valid_from: int) -> None:
        now, tree = self.clock(), TreeRepository(tx.session)
        data: dict[str, Json] = {"vkey": str(verifier), "valid_from": valid_from}
        if tree.log_keys():
            tx.record(Event("audit.log_key_rotated", verifier.name, actor, now, data))
        else:
            tx.record(Event("audit.log_key_created", verifier.name, actor, now, data))
        tree.add_key(LogKey(verifier, valid_from, None, now))
