"""Delegations: made and ended by who lets somebody else answer."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import (
    AccessService,
    Permission,
    Scope,
    acts_for_themselves,
    find_principal,
    require_recent_login,
    token_permits,
)
from modelkeep.domains.governance.domain.delegations import Delegation, DelegationNotFoundError
from modelkeep.domains.governance.repository.promotion import DelegationRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor, PrincipalKind
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class NewDelegation:
    """To whom, by name or id, on which scope and until when; it starts now unless a time is given."""

    delegate: str
    scope: Scope
    ends_at: datetime
    starts_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DelegationService:
    """Who answers in whose place."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def delegate(self, actor: Actor, new: NewDelegation) -> Recorded[Delegation]:
        """Let somebody answer in the actor's place: what the actor may answer itself, and no more.

        Raises:
            PrincipalNotFoundError: there is nobody so called.
            SelfDelegationError, InvalidValueError: it is to the actor, to a program, or its times make no sense.
            ForbiddenError, StepUpRequiredError: the actor is no person acting for itself, its token is not meant for
                approving there, or it must log in again.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            meant = token_permits(tx, actor, Permission.STAGE_APPROVE, new.scope)
            if not meant or not acts_for_themselves(tx, actor):
                raise self.access.refusal(actor, Permission.STAGE_APPROVE, new.scope)
            other = find_principal(tx, new.delegate)
            if other.kind is not PrincipalKind.USER:
                raise InvalidValueError(f"{other.name} is no person, and cannot answer requests")
            delegation = Delegation(
                id=self.new_id(),
                delegator=actor.id,
                delegate=other.id,
                scope=str(new.scope),
                starts_at=new.starts_at or now,
                ends_at=new.ends_at,
                reason=new.reason,
                made_at=now,
            ).checked()
            DelegationRepository(tx).add(delegation)
            tx.record(delegation.made(actor))
        return Recorded(delegation, tx.receipt)

    def end(self, actor: Actor, delegation_id: str) -> Recorded[Delegation]:
        """End a delegation of the actor's own before its time; one that is over is left alone.

        Raises:
            DelegationNotFoundError: the actor made none with this id.
        """
        with self.database.transaction() as tx:
            found = DelegationRepository(tx).find(delegation_id)
            if found is None or found.delegator != actor.id:
                shown = delegation_id[:80]
                raise DelegationNotFoundError(
                    f"you made no delegation {shown}; 'modelkeep delegation list' shows yours"
                )
            now = self.clock()
            if found.ended_at is not None or found.ends_at <= now:
                return Recorded(found, None)
            ended, event = found.end(actor, now)
            DelegationRepository(tx).end(ended)
            tx.record(event)
        return Recorded(ended, tx.receipt)

    def list(self, actor: Actor, page: PageRequest) -> Page[Delegation]:
        """Return one page of the delegations that the actor made or received, the newest first."""
        with self.database.snapshot() as tx:
            return DelegationRepository(tx).list(actor.id, page)
