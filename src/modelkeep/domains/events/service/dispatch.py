"""Makes a delivery of an event, and keeps what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelkeep.domains.audit import Entry, cloud_event
from modelkeep.domains.events.domain.deliveries import Delivery, Outcome, Purpose, Sent
from modelkeep.domains.events.domain.subscriptions import Subscription, SubscriptionKind
from modelkeep.domains.events.ports import Parcel, Sender
from modelkeep.domains.events.repository import DeliveryRepository, SubscriptionRepository
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.events import Json
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction
from modelkeep.platform.sealing import Sealer

TEST_TYPE = "WEBHOOK_TEST"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Why something was sent, how often by now, and what follows from what came of it."""

    purpose: Purpose
    outcome: Outcome
    number: int = 1


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Knows addresses and secrets, and the ways out."""

    senders: Mapping[SubscriptionKind, Sender]
    sealer: Sealer
    clock: Clock
    new_id: IdSource
    source: str

    def parcel(self, tx: Transaction, subscription: Subscription, entry: Entry | None) -> Parcel:
        """Prepare an event for its way; without an entry, a test."""
        stored = SubscriptionRepository(tx)
        belongs_to = subscription.id
        secrets = [
            self.sealer.open(sealed, belongs_to=belongs_to) for sealed in stored.secrets(subscription.id, self.clock())
        ]
        event = cloud_event(entry, source=self.source) if entry is not None else self._test_event(subscription)
        return Parcel(
            target=self.sealer.open(stored.target(subscription.id), belongs_to=belongs_to),
            secrets=secrets,
            message_id=f"msg_{event['id']}_{subscription.id}",
            event=event,
            template=subscription.template,
        )

    def send(self, subscription: Subscription, parcel: Parcel) -> Sent:
        """Send: outside of any transaction."""
        return self.senders[subscription.kind].send(parcel)

    def log(
        self, tx: Transaction, subscription: Subscription, entry: Entry | None, sent: Sent, attempt: Attempt
    ) -> Delivery:
        """Keep an attempt in the log of deliveries."""
        delivery = Delivery(
            id=self.new_id(),
            subscription_id=subscription.id,
            seq=None if entry is None else entry.seq,
            type=TEST_TYPE if entry is None else entry.type,
            purpose=attempt.purpose,
            attempt=attempt.number,
            outcome=attempt.outcome,
            status=sent.status,
            latency_ms=sent.latency_ms,
            excerpt=sent.excerpt,
            at=self.clock(),
        )
        DeliveryRepository(tx).log(delivery)
        return delivery

    def _test_event(self, subscription: Subscription) -> Mapping[str, Json]:
        """Return an event that stands in no log."""
        return {
            "specversion": "1.0",
            "id": f"test-{self.new_id()}",
            "source": self.source,
            "type": "io.modelkeep.webhook_test.v1",
            "subject": subscription.id,
            "time": timestamp(self.clock()),
            "datacontenttype": "application/json",
            "data": {"message": "This is a test of a subscription."},
        }
