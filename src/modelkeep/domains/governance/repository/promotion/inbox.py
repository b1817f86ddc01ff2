"""What waits for somebody: one query for a page."""

from typing import Final

from sqlalchemy import Integer, and_, bindparam, case, exists, func, literal, not_, or_, select, union_all

from modelkeep.domains.access import Values, role_held_where
from modelkeep.domains.governance.domain.inbox import Waiting
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest, RequestStatus
from modelkeep.domains.governance.repository.promotion.requests import REQUESTS, SEEN, build_request
from modelkeep.domains.governance.tables.delegations import DELEGATION
from modelkeep.domains.governance.tables.holdings import HOLDING
from modelkeep.domains.governance.tables.promotion import REQUEST, VOTE, WAITING
from modelkeep.domains.governance.tables.reviews import REVIEW
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction, UtcDateTime, ordered_text
from modelkeep.platform.database.criteria import Criterion
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

_ME: Final = bindparam("access_actor", type_=ordered_text())
_NOW: Final = bindparam("access_now", type_=UtcDateTime())
_OPEN: Final = and_(
    REQUEST.c.status == RequestStatus.OPEN.value, or_(REQUEST.c.expires_at.is_(None), REQUEST.c.expires_at > _NOW)
)
_ANSWERED: Final = VOTE.alias()
_LAPSED: Final = VOTE.alias()
_EARLIER: Final = REQUEST.alias()
_RENEWED: Final = REQUEST.alias()
_RENEWAL: Final = REQUEST.alias()
_LENT: Final = DELEGATION.alias()


def _asked() -> Criterion:
    """Return the condition that a role is asked which the actor holds, or somebody in whose place it may answer."""
    place = {
        "role": WAITING.c.role,
        "namespace": REQUEST.c.namespace,
        "model": REQUEST.c.model,
        "stage": REQUEST.c.target,
    }
    lent = exists().where(
        _LENT.c.delegate == _ME,
        _LENT.c.scope.in_((literal("*", ordered_text()), REQUEST.c.namespace, REQUEST.c.model)),
        _LENT.c.starts_at <= _NOW,
        _LENT.c.ends_at > _NOW,
        _LENT.c.ended_at.is_(None),
        _LENT.c.delegator.not_in((REQUEST.c.requested_by, REQUEST.c.author)),
        role_held_where(principal=_LENT.c.delegator, **place),
    )
    return exists().where(WAITING.c.request_id == REQUEST.c.id, or_(role_held_where(**place), lent))


_PROPOSED: Final = exists().where(
    _RENEWED.c.id == REQUEST.c.renews,
    or_(
        _RENEWED.c.requested_by == _ME,
        and_(_RENEWED.c.manner == Manner.BREAK_GLASS.value, _RENEWED.c.closed_by == _ME),
    ),
)
"""That the actor made the promotion happen that is to be renewed."""
_VOTE: Final = and_(
    _OPEN,
    REQUEST.c.requested_by != _ME,
    REQUEST.c.author != _ME,
    not_(_PROPOSED),
    not_(
        exists().where(
            _ANSWERED.c.request_id == REQUEST.c.id,
            _ANSWERED.c.ended_at.is_(None),
            or_(_ANSWERED.c.voter == _ME, _ANSWERED.c.delegator == _ME),
        )
    ),
    _asked(),
)
_SAME: Final = or_(
    _EARLIER.c.id == REQUEST.c.id, _EARLIER.c.id == REQUEST.c.renews, _EARLIER.c.renews == REQUEST.c.renews
)
_AGAIN: Final = exists().where(
    _LAPSED.c.voter == _ME, _LAPSED.c.ended_at.is_not(None), _LAPSED.c.request_id == _EARLIER.c.id, _SAME
)
_REVIEW: Final = and_(
    REVIEW.c.due_at.is_not(None),
    REVIEW.c.closed_at.is_(None),
    REQUEST.c.author != _ME,
    REQUEST.c.requested_by != _ME,
    func.coalesce(REQUEST.c.closed_by, "") != _ME,
    _asked(),
)
_MINE: Final = and_(_OPEN, or_(REQUEST.c.requested_by == _ME, _PROPOSED))
_LACKING: Final = select(HOLDING.c.request_id).where(or_(HOLDING.c.lapsed_at.is_not(None), HOLDING.c.review_at <= _NOW))
_NOT_RENEWED: Final = and_(
    or_(REQUEST.c.requested_by == _ME, REQUEST.c.author == _ME, _PROPOSED),
    REQUEST.c.id.in_(_LACKING),
    not_(
        exists().where(
            _RENEWAL.c.version_id == REQUEST.c.version_id,
            _RENEWAL.c.target == REQUEST.c.target,
            _RENEWAL.c.status == RequestStatus.OPEN.value,
        )
    ),
)
"""That nobody is asked to renew what has lapsed."""
_RANK: Final = case(
    (and_(_VOTE, _AGAIN), int(Waiting.VOTE_AGAIN)),
    (and_(_REVIEW, REVIEW.c.due_at <= _NOW), int(Waiting.REVIEW_OVERDUE)),
    (_VOTE, int(Waiting.VOTE)),
    (_REVIEW, int(Waiting.REVIEW)),
    (_NOT_RENEWED, int(Waiting.NOT_RENEWED)),
    (_MINE, int(Waiting.MINE)),
    else_=int(Waiting.NOTHING),
).cast(Integer)
_OWN: Final = REQUEST.alias()
_CANDIDATES: Final = union_all(
    select(WAITING.c.request_id),
    select(_OWN.c.id).where(_OWN.c.requested_by == _ME, _OWN.c.status == RequestStatus.OPEN.value),
    _LACKING,
)
_INBOX: Final = (
    REQUESTS.add_columns(_RANK.label("rank"), REQUEST.c.id.label("identity"))
    .outerjoin(REVIEW, REVIEW.c.request_id == REQUEST.c.id)
    .where(REQUEST.c.id.in_(_CANDIDATES), SEEN, int(Waiting.NOTHING) > _RANK)
)


def list_inbox(tx: Transaction, request: PageRequest, values: Values) -> Page[tuple[Waiting, PromotionRequest]]:
    """Return one page of what waits for the actor in the values, the most urgent first."""
    return fetch_page(
        tx.session,
        BoundSelect(_INBOX, values),
        request=request,
        scope=f"inbox {values['access_actor']}",
        order=(OrderKey(_RANK, int), REQUEST.c.id, False),
        build=_item,
    )


def _item(row: AnyRow) -> tuple[Waiting, PromotionRequest]:
    return Waiting(row.rank), build_request(row)
