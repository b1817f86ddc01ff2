"""Which promotions versions hold their stages by, within one transaction."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, or_, select, update

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.catalog import trained_on_where
from modelkeep.domains.governance.domain.holdings import Holding, LiveQuery, LiveVersion
from modelkeep.domains.governance.domain.requests import RequestStatus
from modelkeep.domains.governance.repository.promotion.requests import build_request
from modelkeep.domains.governance.tables.holdings import HOLDING
from modelkeep.domains.governance.tables.promotion import REQUEST
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

_HELD: Final = tuple(column.label(f"held_{column.name}") for column in HOLDING.c)
_ONE: Final = select(*_HELD).where(HOLDING.c.version_id == bindparam("held_version"))
_RENEWAL: Final = REQUEST.alias()
_LIVE: Final = (
    select(
        *_HELD,
        *REQUEST.c,
        _RENEWAL.c.id.label("renewal_id"),
        HOLDING.c.version_id.label("place"),
        HOLDING.c.version_id.label("identity"),
    )
    .join(REQUEST, REQUEST.c.id == HOLDING.c.request_id)
    .outerjoin(
        _RENEWAL,
        and_(
            _RENEWAL.c.version_id == HOLDING.c.version_id,
            _RENEWAL.c.target == HOLDING.c.stage,
            _RENEWAL.c.status == RequestStatus.OPEN.value,
        ),
    )
)
_SEEN: Final = permitted_where(namespace=HOLDING.c.namespace, model=HOLDING.c.model)


class HoldingRepository:
    """Holdings within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def find(self, version_id: str) -> Holding | None:
        """Return by which promotion a version holds its stage; None if by none."""
        row = self._session.execute(_ONE, {"held_version": version_id}).one_or_none()
        return None if row is None else _holding(row)

    def add(self, holding: Holding) -> None:
        """Store by which promotion a version holds a stage, which it has just come to."""
        place = {"namespace": holding.model.namespace, "model": str(holding.model), "stage": holding.stage}
        self._session.execute(insert(HOLDING), _values(holding) | place | {"version_id": holding.version_id})

    def save(self, holding: Holding) -> None:
        """Store how a holding stands now."""
        self._session.execute(
            update(HOLDING).where(HOLDING.c.version_id == holding.version_id).values(_values(holding))
        )

    def remove(self, version_ids: Collection[str]) -> None:
        """Forget holdings: the versions have left their stages."""
        self._session.execute(delete(HOLDING).where(HOLDING.c.version_id.in_(version_ids)))

    def within(self, scope: str, trained_on: str | None, after: str, limit: int) -> tuple[str, ...]:
        """Return the ids of some of the versions that hold a stage in a scope: `*`, a namespace or `namespace/model`.

        With the URI or digest of data they are those that were trained on it.
        """
        rows = select(HOLDING.c.version_id).where(HOLDING.c.version_id > after)
        if "/" in scope:
            rows = rows.where(HOLDING.c.model == scope)
        elif scope != "*":
            rows = rows.where(HOLDING.c.namespace == scope)
        if trained_on is not None:
            rows = rows.where(trained_on_where(version=HOLDING.c.version_id, reference=trained_on))
        return tuple(self._session.scalars(rows.order_by(HOLDING.c.version_id).limit(limit)))

    def due(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return the ids of some of the versions whose approvals are to be looked at again, and nobody was asked to."""
        unasked = or_(HOLDING.c.asked_at.is_(None), HOLDING.c.asked_at < HOLDING.c.review_at)
        rows = select(HOLDING.c.version_id).where(HOLDING.c.review_at <= now, unasked)
        return tuple(self._session.scalars(rows.order_by(HOLDING.c.review_at).limit(limit)))

    def list(self, query: LiveQuery, now: datetime, request: PageRequest, values: Values) -> Page[LiveVersion]:
        """Return one page of the versions that hold a stage, of models that the actor may see, the newest first."""
        return fetch_page(
            self._session,
            BoundSelect(_LIVE.where(_SEEN, *_conditions(query, now)), values),
            request=request,
            scope=f"live versions {query}",
            order=(OrderKey(HOLDING.c.version_id, str), HOLDING.c.version_id, True),
            build=_live,
        )


def _conditions(query: LiveQuery, now: datetime) -> Iterator[ColumnElement[bool]]:
    if query.model is not None:
        yield HOLDING.c.model == str(query.model)
    if query.stage is not None:
        yield HOLDING.c.stage == query.stage
    if query.trained_on is not None:
        yield trained_on_where(version=HOLDING.c.version_id, reference=query.trained_on)
    if query.lacking:
        yield or_(HOLDING.c.lapsed_at.is_not(None), HOLDING.c.review_at <= now)


def _values(holding: Holding) -> dict[str, object]:
    return {
        "request_id": holding.request_id,
        "lapsed_at": holding.lapsed_at,
        "review_at": holding.review_at,
        "asked_at": holding.asked_at,
    }


def _holding(row: AnyRow) -> Holding:
    return Holding(
        version_id=row.held_version_id,
        model=ModelName.parse(row.held_model),
        stage=row.held_stage,
        request_id=row.held_request_id,
        lapsed_at=row.held_lapsed_at,
        review_at=row.held_review_at,
        asked_at=row.held_asked_at,
    )


def _live(row: AnyRow) -> LiveVersion:
    return LiveVersion(_holding(row), build_request(row), row.renewal_id)
