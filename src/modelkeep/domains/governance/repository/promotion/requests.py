"""Requests within one transaction."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, insert, not_, or_, select, true, update

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.governance.domain.queries import RequestQuery
from modelkeep.domains.governance.domain.requests import (
    Manner,
    PromotionRequest,
    RequestNotFoundError,
    RequestStatus,
)
from modelkeep.domains.governance.tables.promotion import REQUEST
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id

REQUESTS: Final[AnySelect] = select(*REQUEST.c)
_BY_ID: Final = REQUESTS.where(REQUEST.c.id == bindparam("wanted"))
_OPEN: Final = REQUESTS.where(
    REQUEST.c.version_id == bindparam("of_version"),
    REQUEST.c.target == bindparam("wanted"),
    REQUEST.c.status == RequestStatus.OPEN.value,
)
_OPEN_OF: Final = REQUESTS.where(
    REQUEST.c.version_id == bindparam("of_version"), REQUEST.c.status == RequestStatus.OPEN.value
)
_RENEWAL: Final = REQUEST.alias()
_MOST: Final = 1_000
SEEN: Final = permitted_where(namespace=REQUEST.c.namespace, model=REQUEST.c.model)
_SAVE: Final = (
    update(REQUEST)
    .where(REQUEST.c.id == bindparam("saved_id"), REQUEST.c.revision == bindparam("seen"))
    .returning(REQUEST.c.id)
)


class RequestRepository:
    """Requests within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def get(self, request_id: str) -> PromotionRequest:
        """Return a request.

        Raises:
            RequestNotFoundError: there is none.
        """
        row = self._session.execute(_BY_ID, {"wanted": request_id}).one_or_none()
        if row is None:
            raise no_such_request(request_id)
        return build_request(row)

    def find_open(self, version_id: str, target: str) -> PromotionRequest | None:
        """Return the open request that a version move to a stage, or None."""
        row = self._session.execute(_OPEN, {"of_version": version_id, "wanted": target}).one_or_none()
        return None if row is None else build_request(row)

    def add(self, request: PromotionRequest) -> None:
        """Store a new request."""
        values = _values(request) | {
            "id": request.id,
            "version_id": request.version_id,
            "namespace": request.model.namespace,
            "model": str(request.model),
            "version": request.version,
            "number": request.number,
            "source": request.source,
            "target": request.target,
            "reason": request.reason,
            "author": request.author,
            "requested_by": request.requested_by,
            "requested_at": request.requested_at,
            "expires_at": request.expires_at,
            "renews": request.renews,
        }
        self._session.execute(insert(REQUEST), values)

    def save(self, request: PromotionRequest) -> None:
        """Store a changed request, unless another transaction has stored one meanwhile."""
        seen = {"saved_id": request.id, "seen": request.revision - 1}
        if self._session.execute(_SAVE, _values(request) | seen).one_or_none() is None:
            raise StaleRevisionError(f"request {request.id} has changed meanwhile; read it again", request=request.id)

    def list(self, query: RequestQuery, request: PageRequest, values: Values) -> Page[PromotionRequest]:
        """Return one page of the requests about models that the actor may see, the newest first."""
        return page_by_id(
            self._session,
            BoundSelect(REQUESTS.where(SEEN, *_conditions(query)), values),
            request=request,
            scope=f"promotion requests {query}",
            build=build_request,
        )

    def of_version(self, version_id: str) -> tuple[PromotionRequest, ...]:
        """Return the newest 1,000 requests about a version, the oldest of them first."""
        rows = REQUESTS.where(REQUEST.c.version_id == version_id).order_by(REQUEST.c.id.desc()).limit(_MOST)
        return tuple(build_request(row) for row in reversed(self._session.execute(rows).all()))

    def asking(self, version_id: str) -> frozenset[PrincipalId]:
        """Return who has asked for what is still open about a version."""
        wanted = (REQUEST.c.version_id == version_id, REQUEST.c.status == RequestStatus.OPEN.value)
        return frozenset(map(PrincipalId, self._session.scalars(select(REQUEST.c.requested_by).where(*wanted))))

    def expired(self, now: datetime, limit: int) -> tuple[PromotionRequest, ...]:
        """Return some of the open requests that are over their time."""
        over = (REQUEST.c.status == RequestStatus.OPEN.value, REQUEST.c.expires_at <= now)
        rows = self._session.execute(REQUESTS.where(*over).order_by(REQUEST.c.expires_at).limit(limit))
        return tuple(build_request(row) for row in rows)

    def open_within(self, within: str | None, without: Collection[str], limit: int) -> tuple[PromotionRequest, ...]:
        """Return some of the open requests in a namespace or a model, or for None in the registry, the oldest first.

        What lies in the scopes of `without` is left out.
        """
        there = true() if within is None else or_(REQUEST.c.namespace == within, REQUEST.c.model == within)
        left = REQUEST.c.namespace.not_in(tuple(without)) & REQUEST.c.model.not_in(tuple(without))
        rows = REQUESTS.where(REQUEST.c.status == RequestStatus.OPEN.value, there, left)
        return tuple(build_request(row) for row in self._session.execute(rows.order_by(REQUEST.c.id).limit(limit)))

    def reverting(self, now: datetime, without: Collection[str], limit: int) -> tuple[PromotionRequest, ...]:
        """Return some of the promotions in an emergency whose time is over, but for requests that are named."""
        over = (REQUEST.c.reverts_at <= now, REQUEST.c.id.not_in(tuple(without)))
        rows = self._session.execute(REQUESTS.where(*over).order_by(REQUEST.c.reverts_at).limit(limit))
        return tuple(build_request(row) for row in rows)

    def open_of(self, version_id: str) -> tuple[PromotionRequest, ...]:
        """Return what is still open about a version."""
        return tuple(build_request(row) for row in self._session.execute(_OPEN_OF, {"of_version": version_id}))

    def last_approved(self, version_id: str, target: str, at: datetime | None = None) -> PromotionRequest | None:
        """Return the request by which a version came to a stage last as its policy says, or stays there, or None.

        With a time it is the one that was the last then.
        """
        return self._last(version_id, target, at, Manner.APPROVED, Manner.AUTOMATIC, Manner.RENEWED)

    def standing(self, version_id: str, target: str, at: datetime | None = None) -> PromotionRequest | None:
        """Return the promotion that a version holds a stage by, or did; a rollback rests on the one before."""
        last = self._last(version_id, target, at, *Manner)
        if last is not None and last.manner is Manner.ROLLBACK:
            return self.last_approved(version_id, target, at) or last
        return last

    def last_rollback(self, version_id: str, target: str) -> PromotionRequest | None:
        """Return the last rollback by which a version came to a stage, or None."""
        return self._last(version_id, target, None, Manner.ROLLBACK)

    def _last(self, version_id: str, target: str, at: datetime | None, *manners: Manner) -> PromotionRequest | None:
        rows = _promoted(version_id, target, *manners).order_by(REQUEST.c.closed_at.desc()).limit(1)
        row = self._session.execute(rows if at is None else rows.where(REQUEST.c.closed_at <= at)).one_or_none()
        return None if row is None else build_request(row)

    def emergencies(self, version_id: str, target: str) -> Mapping[datetime, PromotionRequest]:
        """Return the newest 1,000 emergencies by which a version came to a stage, each by when it did.

        Those that people approved afterwards are left out.
        """
        approved = exists().where(_RENEWAL.c.renews == REQUEST.c.id, _RENEWAL.c.status == RequestStatus.PROMOTED.value)
        rows = _promoted(version_id, target, Manner.BREAK_GLASS).where(not_(approved))
        newest = rows.order_by(REQUEST.c.closed_at.desc()).limit(_MOST)
        return {row.closed_at: build_request(row) for row in self._session.execute(newest)}


def _promoted(version_id: str, target: str, *manners: Manner) -> AnySelect:
    return REQUESTS.where(
        REQUEST.c.version_id == version_id,
        REQUEST.c.target == target,
        REQUEST.c.status == RequestStatus.PROMOTED.value,
        REQUEST.c.manner.in_([manner.value for manner in manners]),
    )


def _conditions(query: RequestQuery) -> Iterator[ColumnElement[bool]]:
    if query.model is not None:
        yield REQUEST.c.model == str(query.model)
    if query.status is not None:
        yield REQUEST.c.status == query.status.value
    if query.requested_by is not None:
        yield REQUEST.c.requested_by == query.requested_by


def build_request(row: AnyRow) -> PromotionRequest:
    """Return the request in a row of `REQUESTS`."""
    return PromotionRequest(
        id=row.id,
        version_id=row.version_id,
        model=ModelName.parse(row.model),
        version=row.version,
        number=row.number,
        source=row.source,
        target=row.target,
        reason=row.reason,
        author=PrincipalId(row.author),
        requested_by=PrincipalId(row.requested_by),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        policy=row.policy,
        policy_number=row.policy_number,
        status=RequestStatus(row.status),
        manner=None if row.manner is None else Manner(row.manner),
        closed_at=row.closed_at,
        closed_by=None if row.closed_by is None else PrincipalId(row.closed_by),
        reverts_at=row.reverts_at,
        renews=row.renews,
        revision=row.revision,
    )


def _values(request: PromotionRequest) -> dict[str, object]:
    return {
        "policy": request.policy,
        "policy_number": request.policy_number,
        "status": request.status.value,
        "manner": None if request.manner is None else request.manner.value,
        "closed_at": request.closed_at,
        "closed_by": request.closed_by,
        "reverts_at": request.reverts_at,
        "revision": request.revision,
    }


def no_such_request(request_id: str) -> RequestNotFoundError:
    """Return the error for a request that is not there, or whose model the actor may not see."""
    shown = request_id[:80]
    return RequestNotFoundError(
        f"there is no promotion request {shown}; 'modelkeep inbox' lists what waits for you", request=shown
    )
