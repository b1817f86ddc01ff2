"""Who is in which group, as intervals, within one transaction."""

from datetime import datetime

from sqlalchemy import insert, select, update

from modelkeep.domains.access.tables import GROUP, MEMBER
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


class MembershipRepository:
    """Memberships within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def groups_of(self, principal: PrincipalId) -> frozenset[str]:
        """Return the ids of the groups somebody is in now."""
        rows = self._session.scalars(
            select(MEMBER.c.group_id).where(MEMBER.c.principal_id == principal, MEMBER.c.until.is_(None))
        )
        return frozenset(rows)

    def existing(self, groups: frozenset[str]) -> frozenset[str]:
        """Return those of the groups that nobody has deleted."""
        rows = self._session.scalars(select(GROUP.c.id).where(GROUP.c.id.in_(groups), GROUP.c.deleted_at.is_(None)))
        return frozenset(rows)

    def join(self, principal: PrincipalId, group: str, by: PrincipalId, at: datetime) -> None:
        """Put somebody into a group they are not in."""
        values = {"group_id": group, "principal_id": principal, "since": at, "added_by": by}
        self._session.execute(insert(MEMBER), values)

    def leave(self, principal: PrincipalId, group: str, by: PrincipalId, at: datetime) -> None:
        """Take somebody out of a group."""
        self._session.execute(
            update(MEMBER)
            .where(MEMBER.c.principal_id == principal, MEMBER.c.group_id == group, MEMBER.c.until.is_(None))
            .values(until=at, ended_by=by)
        )
