"""Who may do what, as a report: bindings, spread over the members of groups."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from modelkeep.domains.access.domain.bindings import Reviewed
from modelkeep.domains.access.domain.permissions import Permission, builtin_roles_with
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.domains.access.repository.bindings import BINDINGS, build_binding
from modelkeep.domains.access.repository.intervals import held_at
from modelkeep.domains.access.tables import BINDING, GROUP, LAST_USE, MEMBER, PRINCIPAL, ROLE_PERMISSION
from modelkeep.kernel.identity import PrincipalId, PrincipalKind
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page


def review(
    tx: Transaction, scope: Scope, permission: Permission | None, at: datetime, request: PageRequest
) -> Page[Reviewed]:
    """Return one page of who holds a permission (or any) on a scope, around it or in it, at a time."""
    membership = and_(MEMBER.c.group_id == BINDING.c.subject_id, held_at(MEMBER.c.since, MEMBER.c.until, at))
    rows = (
        BINDINGS.add_columns(
            GROUP.c.name.label("group_name"),
            PRINCIPAL.c.name.label("principal_name"),
            PRINCIPAL.c.kind.label("principal_kind"),
            LAST_USE.c.at.label("last_used"),
            BINDING.c.id.label("place"),
            PRINCIPAL.c.id.label("identity"),
        )
        .select_from(BINDING)
        .outerjoin(MEMBER, membership)
        .outerjoin(GROUP, GROUP.c.id == MEMBER.c.group_id)
        .join(PRINCIPAL, PRINCIPAL.c.id == func.coalesce(MEMBER.c.principal_id, BINDING.c.subject_id))
        .outerjoin(LAST_USE, LAST_USE.c.id == PRINCIPAL.c.id)
        .where(*_conditions(scope, permission, at))
    )
    return fetch_page(
        tx.session,
        rows,
        request=request,
        scope=f"review {scope} {permission}",
        order=(OrderKey(BINDING.c.id, str), PRINCIPAL.c.id, False),
        build=_reviewed,
    )


def _conditions(scope: Scope, permission: Permission | None, at: datetime) -> Iterator[ColumnElement[bool]]:
    yield held_at(BINDING.c.since, BINDING.c.until, at)
    yield or_(BINDING.c.expires_at.is_(None), BINDING.c.expires_at > at)
    yield or_(PRINCIPAL.c.disabled_at.is_(None), PRINCIPAL.c.disabled_at > at)
    if scope != REGISTRY:
        concerned = BINDING.c.scope.in_(scope.lineage)
        yield concerned if str(scope) != scope.namespace else or_(concerned, BINDING.c.namespace == scope.namespace)
    if permission is not None:
        made = select(ROLE_PERMISSION.c.role).where(ROLE_PERMISSION.c.permission == permission.value)
        yield or_(BINDING.c.role.in_(builtin_roles_with(permission)), BINDING.c.role.in_(made))


def _reviewed(row: AnyRow) -> Reviewed:
    return Reviewed(
        binding=build_binding(row),
        group=row.group_name,
        principal=PrincipalId(row.identity),
        principal_name=row.principal_name,
        principal_kind=PrincipalKind(row.principal_kind),
        last_used=row.last_used,
    )
