"""Makes, changes and tries out subscriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.audit import AuditReader, Entry
from modelkeep.domains.events.domain.deliveries import Delivery, Outcome, Progress, Purpose
from modelkeep.domains.events.domain.errors import (
    EventNotFoundError,
    InvalidSubscriptionError,
    SubscriptionNotFoundError,
    TooManySubscriptionsError,
)
from modelkeep.domains.events.domain.signatures import new_secret
from modelkeep.domains.events.domain.subscriptions import (
    LONGEST_OVERLAP,
    MAX_SECRETS,
    MAX_SUBSCRIPTIONS,
    NewSubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionKind,
)
from modelkeep.domains.events.repository import DeliveryRepository, SubscriptionRepository
from modelkeep.domains.events.service.dispatch import Attempt, Dispatch
from modelkeep.domains.events.service.sight import EventSight, happening_of, scope_of
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.jobs import JobStore

DELIVER: Final = "events.deliver"


def job_key(subscription_id: str) -> str:
    """Return the key of the job that delivers for a subscription."""
    return f"{DELIVER}:{subscription_id}"


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A subscription and how far it has come: all up to `cursor` is done with."""

    subscription: Subscription
    progress: Progress


@dataclass(frozen=True, slots=True)
class Issued:
    """A subscription with a secret that can be read only now; alerts have none."""

    state: SubscriptionState
    secret: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionService:
    """Subscriptions to events."""

    database: Database
    access: AccessService
    reader: AuditReader
    sight: EventSight
    dispatch: Dispatch
    jobs: JobStore
    clock: Clock
    new_id: IdSource

    def create(self, actor: Actor, new: NewSubscription) -> Recorded[Issued]:
        """Subscribe to events from now on.

        Raises:
            OutboundRefusedError: the server does not send requests to that address.
            InvalidSubscriptionError: an alert names no service that is allowed.
            TooManySubscriptionsError: there are 1,000.
        """
        made = Subscription.made(new, self.new_id(), actor, self.clock())
        with self.database.snapshot() as tx:
            self._require_reach(tx, actor, made)
        self.dispatch.senders[new.kind].check(new.target)
        secret = new_secret() if new.kind is SubscriptionKind.WEBHOOK else None
        last = self.reader.size() - 1
        with self.database.transaction() as tx:
            self._require_reach(tx, actor, made)
            stored = SubscriptionRepository(tx)
            if stored.count() >= MAX_SUBSCRIPTIONS:
                raise TooManySubscriptionsError(f"there are {MAX_SUBSCRIPTIONS} subscriptions; delete one first")
            stored.add(made, self._sealed(made, new.target))
            if secret is not None:
                stored.add_secret(made.id, self.new_id(), self._sealed(made, secret), self.clock())
            DeliveryRepository(tx).start(made.id, last)
            self.jobs.add(tx, DELIVER, job_key(made.id), state={"subscription": made.id})
            tx.record(made.created(actor))
        return Recorded(Issued(SubscriptionState(made, Progress(last)), secret), tx.receipt)

    def get(self, actor: Actor, identity: str) -> SubscriptionState:
        """Return a subscription and how far it has come."""
        with self.database.snapshot() as tx:
            found = self._visible(tx, actor, identity)
            return SubscriptionState(found, self._progress(tx, found))

    def list(self, actor: Actor, page: PageRequest) -> Page[SubscriptionState]:
        """Return one page of the subscriptions that the actor may see, the newest first."""
        with self.database.snapshot() as tx:
            found = SubscriptionRepository(tx).list(page, self.access.values(actor, Permission.WEBHOOK_READ))
            progress = DeliveryRepository(tx).progress([one.id for one in found.items])
        return Page(tuple(SubscriptionState(one, progress[one.id]) for one in found.items), found.next_token)

    def update(
        self, actor: Actor, identity: str, change: SubscriptionChange, *, seen: int | None
    ) -> Recorded[SubscriptionState]:
        """Change a subscription, or switch it on or off; the actor is its owner from then on."""
        if change.target is not None:
            with self.database.snapshot() as tx:
                kind = self._writable(tx, actor, identity).kind
            self.dispatch.senders[kind].check(change.target)
        with self.database.transaction() as tx:
            found = self._writable(tx, actor, identity).expect(seen)
            progress = self._progress(tx, found)
            changed, events = found.changed(change, actor, self.clock())
            if not events:
                return Recorded(SubscriptionState(found, progress), None)
            self._require_reach(tx, actor, changed)
            target = None if change.target is None else self._sealed(found, change.target)
            SubscriptionRepository(tx).save(changed, target)
            if change.enabled is not None:
                progress = self._move(tx, found, progress, progress.cursor)
                self.jobs.revive(tx, job_key(identity))
            tx.record(*events)
        return Recorded(SubscriptionState(changed, progress), tx.receipt)

    def delete(self, actor: Actor, identity: str, *, seen: int | None) -> Recorded[SubscriptionState]:
        """Delete a subscription with its secrets and its log of deliveries."""
        with self.database.transaction() as tx:
            found = self._writable(tx, actor, identity).expect(seen)
            progress = self._progress(tx, found)
            self.jobs.remove(tx, job_key(identity))
            SubscriptionRepository(tx).remove(identity)
            tx.record(found.deleted(actor, self.clock()))
        return Recorded(SubscriptionState(found, progress), tx.receipt)

    def rotate_secret(self, actor: Actor, identity: str, *, overlap: timedelta) -> Recorded[Issued]:
        """Issue a new secret; deliveries are signed with the old ones too until the overlap has passed.

        Raises:
            InvalidSubscriptionError: the overlap is longer than a week, or the subscription is an alert.
        """
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise InvalidSubscriptionError("secrets overlap for between 0 seconds and 7 days", field="overlap_seconds")
        secret, now = new_secret(), self.clock()
        with self.database.transaction() as tx:
            found = self._writable(tx, actor, identity)
            self._require_reach(tx, actor, found)
            if found.kind is not SubscriptionKind.WEBHOOK:
                raise InvalidSubscriptionError("an alert has no secret: change its target instead")
            stored = SubscriptionRepository(tx)
            stored.expire_secrets(identity, now + overlap, now)
            if len(stored.secrets(identity, now)) >= MAX_SECRETS:
                raise InvalidSubscriptionError(f"{MAX_SECRETS} secrets are good now; let one of them end first")
            stored.add_secret(identity, self.new_id(), self._sealed(found, secret), now)
            changed = replace(found, owner=actor.id, owner_kind=actor.kind, changed_at=now, revision=found.revision + 1)
            stored.save(changed)
            data = {"revision": changed.revision, "overlap_seconds": int(overlap.total_seconds())}
            tx.record(Event("events.subscription_secret_rotated", identity, actor, now, data))
            progress = self._progress(tx, found)
        return Recorded(Issued(SubscriptionState(changed, progress), secret), tx.receipt)

    def replay(self, actor: Actor, identity: str, *, from_seq: int) -> Recorded[SubscriptionState]:
        """Send everything again from a place in the log on, in order, once what is under way has ended."""
        with self.database.transaction() as tx:
            found = self._writable(tx, actor, identity)
            progress = self._move(tx, found, self._progress(tx, found), max(from_seq, 0) - 1)
            data = {"from_seq": max(from_seq, 0)}
            tx.record(Event("events.subscription_replayed", identity, actor, self.clock(), data))
        return Recorded(SubscriptionState(found, progress), tx.receipt)

    def deliver_again(self, actor: Actor, identity: str, *, seq: int) -> Delivery:
        """Send one event again now, out of turn, and return what came of it.

        Raises:
            EventNotFoundError: the log does not have it, the subscription does not select it, or the actor may not
                see it.
        """
        entries = self.reader.read(seq - 1, 1) if seq >= 0 else ()
        entry = next((one for one in entries if one.seq == seq), None)
        return self._send_now(actor, identity, entry, Purpose.REPLAY)

    def test(self, actor: Actor, identity: str) -> Delivery:
        """Send a test now, and return what came of it."""
        return self._send_now(actor, identity, None, Purpose.TEST)

    def deliveries(
        self, actor: Actor, identity: str, page: PageRequest, *, outcome: Outcome | None = None
    ) -> Page[Delivery]:
        """Return one page of the attempts of the last 30 days, the newest first."""
        with self.database.snapshot() as tx:
            found = self._visible(tx, actor, identity)
            return DeliveryRepository(tx).list(found.id, page, outcome)

    def _send_now(self, actor: Actor, identity: str, entry: Entry | None, purpose: Purpose) -> Delivery:
        with self.database.transaction() as tx:
            found = self._writable(tx, actor, identity)
            if purpose is Purpose.REPLAY and (entry is None or not self._may_send(tx, actor, found, entry)):
                raise EventNotFoundError("the log has no such event, or this subscription does not select it")
            parcel = self.dispatch.parcel(tx, found, entry)
            tx.record(_sent_now(actor, found, entry, self.clock()))
        sent = self.dispatch.send(found, parcel)
        outcome = Outcome.DELIVERED if sent.delivered else Outcome.FAILED
        with self.database.transaction() as tx:
            return self.dispatch.log(tx, found, entry, sent, Attempt(purpose, outcome))

    def _may_send(self, tx: Transaction, actor: Actor, subscription: Subscription, entry: Entry) -> bool:
        return subscription.selection.wants(happening_of(entry)) and self.sight.sees(tx, actor, entry)

    def _visible(self, tx: Transaction, actor: Actor, identity: str) -> Subscription:
        found = SubscriptionRepository(tx).find(identity)
        if found is None or not self.sight.allows(tx, actor, Permission.WEBHOOK_READ, found.selection.place):
            raise SubscriptionNotFoundError(
                f"there is no subscription {identity[:80]}; list them with 'modelkeep webhook list'"
            )
        return found

    def _writable(self, tx: Transaction, actor: Actor, identity: str) -> Subscription:
        found = self._visible(tx, actor, identity)
        self._require(tx, actor, Permission.WEBHOOK_WRITE, found)
        return found

    def _require(self, tx: Transaction, actor: Actor, permission: Permission, subscription: Subscription) -> None:
        self.access.require(tx, actor, permission, scope_of(subscription.selection.place))

    def _require_reach(self, tx: Transaction, actor: Actor, subscription: Subscription) -> None:
        """Refuse an owner whose token reaches less far than what will be sent: deliveries do not know the token."""
        self._require(tx, actor, Permission.WEBHOOK_WRITE, subscription)
        self._require(tx, actor, Permission.MODEL_READ, subscription)
        if self.sight.may_be_of_the_log(subscription.selection):
            owner = Actor(actor.id, actor.name, actor.kind, frozenset())
            if self.sight.allows(tx, owner, Permission.AUDIT_READ, subscription.selection.place):
                self._require(tx, actor, Permission.AUDIT_READ, subscription)

    def _sealed(self, subscription: Subscription, text: str) -> bytes:
        return self.dispatch.sealer.seal(text, belongs_to=subscription.id)

    def _progress(self, tx: Transaction, subscription: Subscription) -> Progress:
        found: Mapping[str, Progress] = DeliveryRepository(tx).progress([subscription.id])
        return found[subscription.id]

    def _move(self, tx: Transaction, subscription: Subscription, progress: Progress, cursor: int) -> Progress:
        """Move the cursor, even if it is being moved by a delivery just now."""
        moved = progress.moved(cursor)
        while not DeliveryRepository(tx).advance(subscription.id, progress, moved):
            progress = self._progress(tx, subscription)
            moved = progress.moved(cursor)
        return moved


def _sent_now(actor: Actor, subscription: Subscription, entry: Entry | None, now: datetime) -> Event:
    """Return the event of something that somebody sent out of turn; it is recorded before it leaves."""
    if entry is None:
        return Event("events.subscription_tested", subscription.id, actor, now, {})
    return Event("events.subscription_event_resent", subscription.id, actor, now, {"seq": entry.seq})
