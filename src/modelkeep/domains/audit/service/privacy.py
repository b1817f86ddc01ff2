"""Erases what is personal, keeps what a legal hold keeps, and lets the bodies of old entries go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelkeep.domains.access import REGISTRY, AccessService, Permission, Scope, anonymise
from modelkeep.domains.audit.domain.privacy import (
    Erasure,
    Hold,
    HoldNotFoundError,
    InvalidErasureError,
    checked,
    pruned,
    refuse_if_held,
)
from modelkeep.domains.audit.repository import PrivacyRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor, PrincipalId, RequestInfo, system_actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction

PRUNED_AT_ONCE: Final = 1000
_RETENTION: Final = system_actor(RequestInfo(id="retention"))


@dataclass(frozen=True, slots=True)
class PrivacyService:
    """The erasable side of the log. Leaves and hashes stay, so every proof holds.

    `forget` erases the same texts where higher domains keep them beside the log, in the transaction that it is given,
    and returns how many: texts that the log has lost may have become erasable there since. `kept_for` says for how long
    bodies of entries are kept at least.
    """

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource
    kept_for: Callable[[Transaction], timedelta]
    forget: Callable[[Transaction, Erasure], int]

    def erase(self, actor: Actor, erasure: Erasure) -> Recorded[int]:
        """Erase texts, with their salts; return how many. Of a principal the name goes as well, and it is disabled.

        Whoever erases the same again finds nothing to erase, and makes no entry.

        Raises:
            OnHoldError: a legal hold keeps some of it; nothing is erased.
            InvalidErasureError: it is the actor's own principal.
            PrincipalNotFoundError: there is no such principal.
        """
        if erasure.principal == actor.id:
            raise InvalidErasureError("nobody erases their own principal: ask another administrator")
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.AUDIT_ERASE, REGISTRY)
            privacy = PrivacyRepository(tx.session)
            refuse_if_held(privacy.holds_on(erasure))
            texts = privacy.erase_texts(erasure)
            now = self.clock()
            renamed = erasure.principal is not None and anonymise(tx, PrincipalId(erasure.principal), now)
            forgotten = self.forget(tx, erasure)
            if texts or renamed or forgotten:
                tx.record(erasure.erased(actor, now, texts=texts))
        return Recorded(texts, tx.receipt)

    def place_hold(self, actor: Actor, scope: Scope, *, reason: str) -> Recorded[Hold]:
        """Keep everything about a scope from being erased or pruned."""
        hold = Hold(self.new_id(), str(scope), checked(reason), self.clock(), actor.id)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.AUDIT_ERASE, REGISTRY)
            PrivacyRepository(tx.session).add_hold(hold)
            tx.record(hold.placed(actor))
        return Recorded(hold, tx.receipt)

    def release_hold(self, actor: Actor, identity: str, *, reason: str) -> Recorded[Hold]:
        """End a legal hold.

        Raises:
            HoldNotFoundError: there is none, or it was released.
        """
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.AUDIT_ERASE, REGISTRY)
            privacy = PrivacyRepository(tx.session)
            hold = privacy.find_active_hold(identity)
            if hold is None:
                raise HoldNotFoundError(f"there is no legal hold {identity}, or it was released", hold=identity)
            released, event = hold.release(actor, self.clock(), reason)
            privacy.save_hold(released)
            tx.record(event)
        return Recorded(released, tx.receipt)

    def list_holds(self, actor: Actor, page: PageRequest) -> Page[Hold]:
        """Return one page of legal holds, the newest first."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.AUDIT_READ, REGISTRY)
            return PrivacyRepository(tx.session).list_holds(page)

    def prune(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Let the bodies go of entries that are older than the retention and not on hold; return of how many.

        One transaction takes a batch, and records how many entries below which number it was. No batch begins when the
        server stops.
        """
        total = first = 0
        while not stopping():
            count, first = self._prune_batch(first)
            if not count:
                break
            total += count
        return total

    def _prune_batch(self, first: int) -> tuple[int, int]:
        """Take a batch from an entry on; return how many it was, and where the next one begins."""
        now = self.clock()
        with self.database.snapshot() as tx:
            privacy = PrivacyRepository(tx.session)
            first_kept = privacy.first_kept(now - self.kept_for(tx))
            chosen = privacy.prunable(range(first, first_kept or 0), PRUNED_AT_ONCE)
        if not chosen or first_kept is None:
            return 0, first
        with self.database.transaction() as tx:
            count = PrivacyRepository(tx.session).prune(range(chosen[0], first_kept), PRUNED_AT_ONCE)
            tx.record(pruned(_RETENTION, now, before_seq=first_kept, entries=count))
        return count, chosen[0]
