"""Groups and their members, within one transaction."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.domain.groups import Group, GroupExistsError, GroupNotFoundError, Membership
from modelkeep.domains.access.tables import GROUP, MEMBER
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page

_CURRENT = GROUP.c.deleted_at.is_(None)


class GroupRepository:
    """Groups within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str) -> Group:
        """Return a group by its name."""
        row = self._session.execute(select(*GROUP.c).where(GROUP.c.name == name, _CURRENT)).one_or_none()
        if row is None:
            raise GroupNotFoundError(
                f"there is no group {name}; 'modelkeep group list' shows those there are", group=name
            )
        return _group(row)

    def list(self, request: PageRequest) -> Page[Group]:
        """Return one page of groups, by name."""
        key = OrderKey(GROUP.c.name, str)
        return fetch_page(
            self._session,
            select(*GROUP.c, GROUP.c.name.label("place"), GROUP.c.id.label("identity")).where(_CURRENT),
            request=request,
            scope="groups",
            order=(key, GROUP.c.id, False),
            build=_group,
        )

    def add(self, group: Group) -> None:
        """Store a new group."""
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        values = {
            "id": group.id,
            "name": group.name,
            "created_at": group.created_at,
            "created_by": group.created_by,
        }
        added = self._session.execute(
            dialect.insert(GROUP).values(values).on_conflict_do_nothing().returning(GROUP.c.id)
        )
        if added.one_or_none() is None:
            raise GroupExistsError(f"group {group.name} exists already", group=group.name)

    def remove(self, group: Group, by: PrincipalId, at: datetime) -> None:
        """Mark a group as deleted; everybody in it leaves."""
        self._session.execute(update(GROUP).where(GROUP.c.id == group.id).values(deleted_at=at))
        self._session.execute(
            update(MEMBER).where(MEMBER.c.group_id == group.id, MEMBER.c.until.is_(None)).values(until=at, ended_by=by)
        )

    def members(self, group_id: str, request: PageRequest) -> Page[Membership]:
        """Return one page of who is in a group now, in the order of their ids."""
        key = OrderKey(MEMBER.c.principal_id, str)
        return fetch_page(
            self._session,
            select(*MEMBER.c, MEMBER.c.principal_id.label("place"), MEMBER.c.principal_id.label("identity")).where(
                MEMBER.c.group_id == group_id, MEMBER.c.until.is_(None)
            ),
            request=request,
            scope=f"members {group_id}",
            order=(key, MEMBER.c.principal_id, False),
            build=_membership,
        )


def _group(row: AnyRow) -> Group:
    return Group(row.id, row.name, row.created_at, PrincipalId(row.created_by), row.deleted_at)


def _membership(row: AnyRow) -> Membership:
    ended_by = None if row.ended_by is None else PrincipalId(row.ended_by)
    return Membership(
        row.group_id, PrincipalId(row.principal_id), row.since, PrincipalId(row.added_by), row.until, ended_by
    )
