"""Deliveries and progress within one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update

from modelkeep.domains.events.domain.deliveries import Delivery, Outcome, Progress, Purpose
from modelkeep.domains.events.tables import DELIVERY, PROGRESS, SUBSCRIPTION
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id

FORGOTTEN_AT_ONCE: Final = 1000


class DeliveryRepository:
    """What was sent, and how far each subscription has come."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def start(self, subscription_id: str, cursor: int) -> None:
        """Let a new subscription begin after a place in the log."""
        values = {"subscription_id": subscription_id, "cursor": cursor, "epoch": 0, "attempts": 0}
        self._session.execute(insert(PROGRESS).values(**values))

    def progress(self, subscription_ids: Collection[str]) -> Mapping[str, Progress]:
        """Return how far some subscriptions have come."""
        rows = self._session.execute(select(*PROGRESS.c).where(PROGRESS.c.subscription_id.in_(subscription_ids)))
        return {
            row.subscription_id: Progress(row.cursor, row.epoch, row.attempts, row.blocked_since, row.failing_since)
            for row in rows
        }

    def advance(self, subscription_id: str, seen: Progress, progress: Progress) -> bool:
        """Store progress made since `seen`; False when somebody has moved the cursor or made progress meanwhile."""
        unmoved = (PROGRESS.c.cursor == seen.cursor, PROGRESS.c.epoch == seen.epoch)
        saved = self._session.execute(
            update(PROGRESS)
            .where(PROGRESS.c.subscription_id == subscription_id, *unmoved)
            .values(**asdict(progress))
            .returning(PROGRESS.c.subscription_id)
        )
        return saved.one_or_none() is not None

    def behind(self, last: int, limit: int) -> Sequence[str]:
        """Return some enabled subscriptions that have not come to the end of the log and are not held up."""
        rows = self._session.scalars(
            select(PROGRESS.c.subscription_id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == PROGRESS.c.subscription_id)
            .where(PROGRESS.c.cursor < last, PROGRESS.c.attempts == 0, SUBSCRIPTION.c.disabled_at.is_(None))
            .limit(limit)
        )
        return rows.all()

    def log(self, delivery: Delivery) -> None:
        """Keep an attempt."""
        values = asdict(delivery) | {"purpose": delivery.purpose.value, "outcome": delivery.outcome.value}
        self._session.execute(insert(DELIVERY).values(**values))

    def list(self, subscription_id: str, page: PageRequest, outcome: Outcome | None) -> Page[Delivery]:
        """Return one page of a subscription's attempts, the newest first."""
        query = select(*DELIVERY.c).where(DELIVERY.c.subscription_id == subscription_id)
        if outcome is not None:
            query = query.where(DELIVERY.c.outcome == outcome.value)
        scope = f"deliveries {subscription_id} {outcome}"
        chosen = BoundSelect(query, {})
        return page_by_id(self._session, chosen, request=page, scope=scope, build=_delivery)

    def forget(self, before: datetime) -> int:
        """Drop attempts from before a time, a batch at a time; return how many."""
        old = self._session.scalars(select(DELIVERY.c.id).where(DELIVERY.c.at < before).limit(FORGOTTEN_AT_ONCE)).all()
        self._session.execute(delete(DELIVERY).where(DELIVERY.c.id.in_(old)))
        return len(old)


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        subscription_id=row.subscription_id,
        seq=row.seq,
        type=row.type,
        purpose=Purpose(row.purpose),
        attempt=row.attempt,
        outcome=Outcome(row.outcome),
        status=row.status,
        latency_ms=row.latency_ms,
        excerpt=row.excerpt,
        at=row.at,
    )
