"""Delegations within one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select, update

from modelkeep.domains.governance.domain.delegations import Delegation
from modelkeep.domains.governance.tables.delegations import DELEGATION
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id


class DelegationRepository:
    """Delegations within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, delegation: Delegation) -> None:
        """Store a new delegation."""
        values = {
            "id": delegation.id,
            "delegator": delegation.delegator,
            "delegate": delegation.delegate,
            "scope": delegation.scope,
            "starts_at": delegation.starts_at,
            "ends_at": delegation.ends_at,
            "reason": delegation.reason,
            "made_at": delegation.made_at,
        }
        self._session.execute(insert(DELEGATION), values)

    def find(self, delegation_id: str) -> Delegation | None:
        """Return a delegation, over or not, or None."""
        row = self._session.execute(select(*DELEGATION.c).where(DELEGATION.c.id == delegation_id)).one_or_none()
        return None if row is None else _delegation(row)

    def end(self, delegation: Delegation) -> None:
        """Store that a delegation was ended before its time."""
        ended = update(DELEGATION).where(DELEGATION.c.id == delegation.id).values(ended_at=delegation.ended_at)
        self._session.execute(ended)

    def delegators(self, delegate: PrincipalId, scopes: Sequence[str], at: datetime) -> tuple[PrincipalId, ...]:
        """Return in whose place somebody may answer at a time, on one of these scopes."""
        rows = self._session.scalars(
            select(DELEGATION.c.delegator)
            .where(
                DELEGATION.c.delegate == delegate,
                DELEGATION.c.scope.in_(scopes),
                DELEGATION.c.starts_at <= at,
                DELEGATION.c.ends_at > at,
                DELEGATION.c.ended_at.is_(None),
            )
            .order_by(DELEGATION.c.id)
            .with_for_update(read=True)
        )
        return tuple(PrincipalId(who) for who in rows)

    def list(self, who: PrincipalId, request: PageRequest) -> Page[Delegation]:
        """Return one page of the delegations that somebody made or received, the newest first."""
        rows = select(*DELEGATION.c).where(or_(DELEGATION.c.delegator == who, DELEGATION.c.delegate == who))
        query = BoundSelect(rows, {})
        return page_by_id(self._session, query, request=request, scope=f"delegations {who}", build=_delegation)


def _delegation(row: AnyRow) -> Delegation:
    return Delegation(
        id=row.id,
        delegator=PrincipalId(row.delegator),
        delegate=PrincipalId(row.delegate),
        scope=row.scope,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        reason=row.reason,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )
