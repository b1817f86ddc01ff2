"""Votes, and which roles are asked for one, within one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select, update

from modelkeep.domains.governance.domain.chains import ChainState, escalates_at
from modelkeep.domains.governance.domain.evidence_bindings import Binding, Difference
from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.domain.votes import Conditions, Decision, Lapse, Vote
from modelkeep.domains.governance.tables.holdings import HOLDING
from modelkeep.domains.governance.tables.promotion import REQUEST, VOTE, WAITING
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, Transaction

_OF_REQUEST: Final = (
    select(*VOTE.c).where(VOTE.c.request_id == bindparam("of_request")).order_by(VOTE.c.cast_at, VOTE.c.id)
)
_COUNTING: Final = _OF_REQUEST.where(VOTE.c.ended_at.is_(None))


class VoteRepository:
    """Votes within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def counting(self, request_id: str) -> tuple[Vote, ...]:
        """Return the votes on a request that nobody has ended, in their order."""
        return tuple(build_vote(row) for row in self._session.execute(_COUNTING, {"of_request": request_id}))

    def all(self, request_ids: Sequence[str]) -> tuple[Vote, ...]:
        """Return all votes on requests, ended ones too, in their order; one query."""
        rows = self._session.execute(
            select(*VOTE.c).where(VOTE.c.request_id.in_(request_ids)).order_by(VOTE.c.cast_at, VOTE.c.id)
        )
        return tuple(build_vote(row) for row in rows)

    def lapsed(self, voter: PrincipalId, requests: Sequence[PromotionRequest]) -> Mapping[str, Vote]:
        """Return the last vote of somebody that ended, by the id of each request: for a renewal also on what it renews.

        One query, for all of them.
        """
        roots = {request.renews or request.id: request.id for request in requests}
        root = func.coalesce(REQUEST.c.renews, REQUEST.c.id)
        rows = self._session.execute(
            select(*VOTE.c, root.label("root"))
            .join(REQUEST, REQUEST.c.id == VOTE.c.request_id)
            .where(
                VOTE.c.voter == voter,
                VOTE.c.ended_at.is_not(None),
                or_(REQUEST.c.id.in_(roots), REQUEST.c.renews.in_(roots)),
            )
            .order_by(VOTE.c.cast_at, VOTE.c.id)
        )
        return {roots[row.root]: build_vote(row) for row in rows}

    def add(self, vote: Vote) -> None:
        """Store a new vote; the one before of the same person must have ended."""
        values: dict[str, object] = {
            "id": vote.id,
            "request_id": vote.request_id,
            "step": vote.step,
            "voter": vote.voter,
            "delegator": vote.delegator,
            "decision": vote.decision.value,
            "cast_at": vote.cast_at,
            "comment": vote.comment,
            "conditions": vote.conditions.text,
            "terms": dict(vote.conditions.terms),
            "expires_at": vote.conditions.expires_at,
            "binding": dict(vote.binding.digests),
            "differences": [],
        }
        self._session.execute(insert(VOTE), values)

    def end(self, votes: Iterable[Vote]) -> None:
        """Store why votes no longer count."""
        for vote in votes:
            values: dict[str, object] = {
                "ended_at": vote.ended_at,
                "lapse": None if vote.lapse is None else vote.lapse.value,
                "differences": [dict(difference.document) for difference in vote.differences],
            }
            self._session.execute(update(VOTE).where(VOTE.c.id == vote.id).values(values))

    def ask(self, request_id: str, state: ChainState | None) -> None:
        """Rewrite which roles are asked to answer a request now; None for a request that is closed."""
        self._session.execute(delete(WAITING).where(WAITING.c.request_id == request_id))
        rows = [
            {
                "request_id": request_id,
                "step": step.step.name,
                "role": role,
                "escalates_at": escalates_at(step.step, step.since) if len(step.roles) == 1 else None,
            }
            for step in (() if state is None else state.steps)
            for role in dict.fromkeys(step.roles)
            if step.is_open and not step.complete
        ]
        if rows:
            self._session.execute(insert(WAITING), rows)

    def asked(self, request_id: str) -> frozenset[str]:
        """Return the roles that are asked to answer a request now."""
        return frozenset(self._session.scalars(select(WAITING.c.role).where(WAITING.c.request_id == request_id)))

    def ask_reviewers(self, request_id: str, roles: Iterable[str]) -> None:
        """Write which roles are asked to look at a promotion after the fact."""
        rows = [{"request_id": request_id, "step": "review", "role": role} for role in dict.fromkeys(roles)]
        self._session.execute(insert(WAITING), rows)

    def escalating(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return some of the requests with a step that others may answer from now on."""
        rows = self._session.scalars(
            select(WAITING.c.request_id).distinct().where(WAITING.c.escalates_at <= now).limit(limit)
        )
        return tuple(rows)

    def over(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return some of the requests with a vote whose time is over: of those that wait for answers, or stand."""
        waits = exists().where(WAITING.c.request_id == VOTE.c.request_id)
        stands = exists().where(HOLDING.c.request_id == VOTE.c.request_id)
        rows = self._session.scalars(
            select(VOTE.c.request_id)
            .distinct()
            .where(VOTE.c.expires_at <= now, VOTE.c.ended_at.is_(None), or_(waits, stands))
            .limit(limit)
        )
        return tuple(rows)


def build_vote(row: AnyRow) -> Vote:
    """Return the vote in a row."""
    return Vote(
        id=row.id,
        request_id=row.request_id,
        step=row.step,
        voter=PrincipalId(row.voter),
        decision=Decision(row.decision),
        cast_at=row.cast_at,
        binding=Binding.of_digests(row.binding),
        comment=row.comment,
        conditions=Conditions(row.conditions, row.terms, row.expires_at),
        delegator=None if row.delegator is None else PrincipalId(row.delegator),
        ended_at=row.ended_at,
        lapse=None if row.lapse is None else Lapse(row.lapse),
        differences=tuple(Difference(**cast("dict[str, str]", one)) for one in row.differences),
    )
