"""Waivers of a model within one transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, select, update

from modelkeep.domains.catalog import models_by_id
from modelkeep.domains.governance.domain.waivers import Waiver
from modelkeep.domains.governance.tables.gates import WAIVER
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction, UtcDateTime
from modelkeep.platform.database.lists import BoundSelect, page_by_id

MAX_IN_FORCE: Final = 1_000
_OF_MODEL: Final = select(*WAIVER.c).where(WAIVER.c.model_id == bindparam("waived_model"))
_IN_FORCE: Final = (
    WAIVER.c.expires_at > bindparam("at", type_=UtcDateTime),
    WAIVER.c.ended_at.is_(None),
)
_CURRENT: Final = _OF_MODEL.where(*_IN_FORCE).order_by(WAIVER.c.id).limit(MAX_IN_FORCE)
_COUNT: Final = (
    select(func.count()).select_from(WAIVER).where(WAIVER.c.model_id == bindparam("waived_model"), *_IN_FORCE)
)
_EXPIRED: Final = (
    select(*WAIVER.c)
    .where(WAIVER.c.ended_at.is_(None), WAIVER.c.expires_at <= bindparam("at", type_=UtcDateTime))
    .order_by(WAIVER.c.expires_at, WAIVER.c.id)
    .limit(bindparam("most"))
    .with_for_update()
)


class ExpiredWaivers:
    """Waivers of any model whose time is over, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._tx, self._session = tx, tx.session

    def hold(self, at: datetime, limit: int) -> tuple[Waiver, ...]:
        """Return the first of those that have no end yet, and hold them until the transaction ends."""
        rows = self._session.execute(_EXPIRED, {"at": at, "most": limit}).all()
        models = models_by_id(self._tx, {row.model_id for row in rows})
        return tuple(_waiver(row, str(models[row.model_id].name)) for row in rows)

    def end(self, waivers: Collection[Waiver], by: PrincipalId) -> None:
        """Store that waivers ended when they expired."""
        ended = update(WAIVER).where(WAIVER.c.id.in_([waiver.id for waiver in waivers]))
        self._session.execute(ended.values(ended_at=WAIVER.c.expires_at, ended_by=by))


class WaiverRepository:
    """Waivers of one model, `name` as people call it."""

    def __init__(self, tx: Transaction, model_id: str, name: str) -> None:
        """Work with the transaction's session."""
        self._session, self._model, self._name = tx.session, model_id, name

    def add(self, waiver: Waiver) -> None:
        """Store a waiver."""
        values = {
            "id": waiver.id,
            "gate_id": waiver.gate_id,
            "model_id": waiver.model_id,
            "version_id": waiver.version_id,
            "reason": waiver.reason,
            "granted_at": waiver.granted_at,
            "granted_by": waiver.granted_by,
            "expires_at": waiver.expires_at,
        }
        self._session.execute(insert(WAIVER), values)

    def end(self, waiver: Waiver) -> None:
        """Store the end of a waiver."""
        ended = update(WAIVER).where(WAIVER.c.id == waiver.id, WAIVER.c.ended_at.is_(None))
        self._session.execute(ended.values(ended_at=waiver.ended_at, ended_by=waiver.ended_by))

    def find(self, identity: str) -> Waiver | None:
        """Return a waiver of the model, and hold it until the transaction ends."""
        query = _OF_MODEL.where(WAIVER.c.id == identity).with_for_update()
        row = self._session.execute(query, {"waived_model": self._model}).one_or_none()
        return None if row is None else _waiver(row, self._name)

    def in_force(self, at: datetime) -> Sequence[Waiver]:
        """Return those that have neither expired at a time nor been ended, the oldest first."""
        rows = self._session.execute(_CURRENT, {"waived_model": self._model, "at": at})
        return tuple(_waiver(row, self._name) for row in rows)

    def count_in_force(self, at: datetime) -> int:
        """Return how many there are of those."""
        number: int = self._session.execute(_COUNT, {"waived_model": self._model, "at": at}).scalar_one()
        return number

    def list(self, request: PageRequest) -> Page[Waiver]:
        """Return one page of them, ended ones included, the newest first."""
        query = BoundSelect(_OF_MODEL, {"waived_model": self._model})
        return page_by_id(
            self._session,
            query,
            request=request,
            scope=f"waivers {self._model}",
            build=lambda row: _waiver(row, self._name),
        )


def _waiver(row: AnyRow, model: str) -> Waiver:
    return Waiver(
        id=row.id,
        gate_id=row.gate_id,
        model_id=row.model_id,
        version_id=row.version_id,
        model=model,
        reason=row.reason,
        granted_at=row.granted_at,
        granted_by=PrincipalId(row.granted_by),
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_by=None if row.ended_by is None else PrincipalId(row.ended_by),
    )
