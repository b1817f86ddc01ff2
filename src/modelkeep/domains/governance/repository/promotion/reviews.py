"""Reviews after the fact, within one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.domain.reviews import Review, ReviewVerdict
from modelkeep.domains.governance.tables.reviews import REVIEW
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


class ReviewRepository:
    """Reviews within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def of(self, requests: Sequence[PromotionRequest]) -> dict[str, Review]:
        """Return the reviews of promotions by the ids of these; one query."""
        known = {request.id: request for request in requests}
        rows = self._session.execute(select(*REVIEW.c).where(REVIEW.c.request_id.in_(known)))
        return {
            row.request_id: Review(
                request=known[row.request_id],
                due_at=row.due_at,
                closed_at=row.closed_at,
                closed_by=None if row.closed_by is None else PrincipalId(row.closed_by),
                verdict=None if row.verdict is None else ReviewVerdict(row.verdict),
                comment=row.comment,
            )
            for row in rows
        }

    def ask(self, request: PromotionRequest, due_at: datetime) -> None:
        """Ask that somebody look at a promotion."""
        self._session.execute(insert(REVIEW), {"request_id": request.id, "due_at": due_at, "comment": ""})

    def save(self, review: Review) -> None:
        """Store a review that is closed."""
        values = {
            "closed_at": review.closed_at,
            "closed_by": review.closed_by,
            "verdict": None if review.verdict is None else review.verdict.value,
            "comment": review.comment,
        }
        self._session.execute(update(REVIEW).where(REVIEW.c.request_id == review.request.id).values(values))
