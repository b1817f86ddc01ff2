"""Gives waivers, lists and ends them."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission, acts_for_themselves, require_recent_login
from modelkeep.domains.catalog import Model, permitted_model, permitted_version
from modelkeep.domains.governance.domain.moves import gate_called
from modelkeep.domains.governance.domain.waivers import (
    NewWaiver,
    OwnWaiverError,
    TooManyWaiversError,
    Waiver,
    WaiverNotFoundError,
)
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.waivers import MAX_IN_FORCE, ExpiredWaivers, WaiverRepository
from modelkeep.domains.governance.service.parties import parties
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName, Reference
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class WaiverService:
    """Waivers of gates."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def waive(self, actor: Actor, reference: Reference, new: NewWaiver) -> Recorded[Waiver]:
        """Waive a gate of a version, or of its whole model.

        For a whole model it never counts for versions that the actor made, or asks to move.

        Raises:
            GateNotFoundError: the policy of the model has no such gate.
            InvalidWaiverError: there is no reason, or it does not end within a year.
            OwnWaiverError: the actor has a part in the version, or is no person acting for themselves.
            TooManyWaiversError: the model has 1,000 in force.
            StepUpRequiredError: the browser's login is too long ago.
        """
        now = self.clock()
        require_recent_login(actor, now)
        new.checked(now)
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.GATE_WAIVE, reference, lock=True)
            if not acts_for_themselves(tx, actor):
                raise OwnWaiverError("only people waive gates, by a login or a token that nobody else made for them")
            if not new.whole_model and actor.id in parties(tx, version):
                raise OwnWaiverError(
                    f"you made {version.reference} or asked for its move, or own the account that did: somebody else "
                    "who holds gate.waive on it must waive its gates"
                )
            gate_called(policy_of(tx, version.model), new.gate_id)
            waivers = WaiverRepository(tx, version.model_id, str(version.model))
            if waivers.count_in_force(now) >= MAX_IN_FORCE:
                raise TooManyWaiversError(
                    f"{version.model} has {MAX_IN_FORCE} waivers in force; end some", limit=MAX_IN_FORCE
                )
            waiver = Waiver(
                id=self.new_id(),
                gate_id=new.gate_id,
                model_id=version.model_id,
                version_id=None if new.whole_model else version.id,
                model=str(version.model),
                reason=new.reason,
                granted_at=now,
                granted_by=actor.id,
                expires_at=new.expires_at,
            )
            waivers.add(waiver)
            tx.record(waiver.granted(actor))
        return Recorded(waiver, tx.receipt)

    def list(self, actor: Actor, name: ModelName, page: PageRequest) -> Page[Waiver]:
        """Return one page of the waivers of a model, those that have ended included, the newest first."""
        with self.database.snapshot() as tx:
            model = permitted_model(tx, self.access, actor, Permission.VERSION_READ, name)
            return _waivers(tx, model).list(page)

    def end(self, actor: Actor, name: ModelName, identity: str) -> Recorded[Waiver]:
        """End a waiver before it expires: its gate blocks again.

        Raises:
            WaiverNotFoundError: the model has no such waiver in force.
        """
        with self.database.transaction() as tx:
            model = permitted_model(tx, self.access, actor, Permission.GATE_WAIVE, name)
            now = self.clock()
            waiver = _waivers(tx, model).find(identity)
            if waiver is None or not waiver.is_in_force(now):
                raise WaiverNotFoundError(
                    f"{name} has no waiver {identity[:80]!r} in force; 'modelkeep gate waivers {name}' lists them"
                )
            ended, event = waiver.end(actor, now)
            _waivers(tx, model).end(ended)
            tx.record(event)
        return Recorded(ended, tx.receipt)

    def note_expired(self, system: Actor, limit: int) -> int:
        """Record of waivers whose time is over that it is, each once, and return of how many.

        Such a waiver does not count, noted or not; this says so to those who read the log.
        """
        with self.database.transaction() as tx:
            now = self.clock()
            expired = ExpiredWaivers(tx).hold(now, limit)
            if expired:
                ExpiredWaivers(tx).end(expired, system.id)
            for waiver in expired:
                tx.record(waiver.expired(system, now))
        return len(expired)


def _waivers(tx: Transaction, model: Model) -> WaiverRepository:
    return WaiverRepository(tx, model.id, str(model.name))
