"""Delivers events: one job for each subscription, so that each receives its events in the order of the log."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelkeep.domains.audit import AuditReader, Entry
from modelkeep.domains.events.domain.deliveries import KEPT_FOR, Outcome, Progress, Purpose, Sent, pause
from modelkeep.domains.events.domain.subscriptions import DisabledReason, Subscription
from modelkeep.domains.events.ports import Parcel
from modelkeep.domains.events.repository import FORGOTTEN_AT_ONCE, DeliveryRepository, SubscriptionRepository
from modelkeep.domains.events.service.dispatch import Attempt, Dispatch
from modelkeep.domains.events.service.sight import EventSight, happening_of
from modelkeep.domains.events.service.subscriptions import DELIVER, job_key
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor, RequestInfo, system_actor
from modelkeep.platform import jobs
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.jobs import Again, Done, JobKind, LeaseLostError, Work, every
from modelkeep.platform.sealing import SealBrokenError

_log = logging.getLogger(__name__)

BATCH: Final = 100
_IDLE: Final = Again(timedelta(days=1))
_AT_ONCE: Final = Again(timedelta())
_MOST_BEHIND: Final = 1000
_FORGET_EVERY: Final = timedelta(minutes=10)
_SYSTEM: Final = system_actor(RequestInfo(id="delivery"))


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Sends to each subscription what it selects and its owner may see, one event after the other, at least once."""

    database: Database
    reader: AuditReader
    sight: EventSight
    dispatch: Dispatch
    clock: Clock

    def kinds(self) -> Sequence[JobKind]:
        """Return the background work of this domain."""
        return (
            JobKind(DELIVER, self.deliver, wanted=self.behind),
            every(_FORGET_EVERY, "events.forget_deliveries", self.forget, batch=FORGOTTEN_AT_ONCE),
        )

    def behind(self) -> Sequence[str]:
        """Return the jobs of the subscriptions for which there may be something in the log."""
        last = self.reader.size() - 1
        with self.database.snapshot() as tx:
            return [job_key(one) for one in DeliveryRepository(tx).behind(last, _MOST_BEHIND)]

    def forget(self) -> int:
        """Drop what the log of deliveries need not keep any longer."""
        with self.database.transaction() as tx:
            return DeliveryRepository(tx).forget(self.clock() - KEPT_FOR)

    def deliver(self, work: Work) -> jobs.Outcome:
        """Deliver until there is nothing left, something fails, or the server stops; the job itself never dies."""
        identity = str(work.job.state["subscription"])
        try:
            return self._deliver(work, identity)
        except LeaseLostError:
            raise
        except SealBrokenError as error:
            _log.warning("subscription %s is disabled: %s", identity, error.message)
            return self._disable(identity, DisabledReason.UNREADABLE)
        except Exception:
            if work.job.attempts < work.job.max_attempts:
                raise
            _log.exception("subscription %s is disabled", identity)
            return self._disable(identity, DisabledReason.BROKEN)

    def _disable(self, identity: str, reason: DisabledReason) -> jobs.Outcome:
        with self.database.transaction() as tx:
            subscription = SubscriptionRepository(tx).find(identity)
            if subscription is not None and subscription.disabled_at is None:
                self._switch_off(tx, subscription, reason)
        return _IDLE

    def _switch_off(self, tx: Transaction, subscription: Subscription, reason: DisabledReason) -> None:
        disabled, event = subscription.disabled(reason, _SYSTEM, self.clock())
        SubscriptionRepository(tx).save(disabled)
        tx.record(event)

    def _deliver(self, work: Work, identity: str) -> jobs.Outcome:
        while not work.stopping:
            outcome = self._batch(work, identity)
            if outcome is not None:
                return outcome
        return _AT_ONCE

    def _batch(self, work: Work, identity: str) -> jobs.Outcome | None:
        """Go on for up to a batch of entries; None if there may be more."""
        last = self.reader.size() - 1
        with self.database.snapshot() as tx:
            subscription = SubscriptionRepository(tx).find(identity)
            progress = DeliveryRepository(tx).progress([identity]).get(identity)
        if subscription is None or progress is None:
            return Done()
        if subscription.disabled_at is not None or progress.cursor >= last:
            return _IDLE
        entries = self.reader.read(progress.cursor, BATCH)
        for entry in entries:
            if subscription.selection.wants(happening_of(entry)):
                step = self._entry(work, subscription, progress, entry)
                if not isinstance(step, Progress):
                    return step
                progress = step
        end = entries[-1].seq if len(entries) == BATCH else last
        with self.database.transaction() as tx:
            DeliveryRepository(tx).advance(identity, progress, progress.passed(max(end, progress.cursor)))
        return None

    def _entry(
        self, work: Work, subscription: Subscription, progress: Progress, entry: Entry
    ) -> Progress | jobs.Outcome:
        """Deliver one entry, and return how far that has brought us; or when to go on."""
        if work.stopping:
            return _AT_ONCE
        with self.database.snapshot() as tx:
            current = SubscriptionRepository(tx).find(subscription.id)
            if current != subscription:
                return _AT_ONCE
            parcel = self._parcel(tx, subscription, entry)
        if parcel is None:
            return progress
        work.check()
        sent = self.dispatch.send(subscription, parcel)
        return self._keep(subscription, progress, entry, sent)

    def _parcel(self, tx: Transaction, subscription: Subscription, entry: Entry) -> Parcel | None:
        """Return what is to be sent, or None for what the owner may not see now."""
        owner = Actor(subscription.owner, subscription.owner, subscription.owner_kind, frozenset())
        return self.dispatch.parcel(tx, subscription, entry) if self.sight.sees(tx, owner, entry) else None

    def _keep(
        self, subscription: Subscription, progress: Progress, entry: Entry, sent: Sent
    ) -> Progress | jobs.Outcome:
        """Save what came of it; when somebody moved the cursor meanwhile, only the attempt is kept."""
        now = self.clock()
        after, outcome = progress.delivered(entry.seq), Outcome.DELIVERED
        if not sent.delivered:
            after, outcome = progress.failed(entry.seq, now)
        with self.database.transaction() as tx:
            deliveries = DeliveryRepository(tx)
            moved = deliveries.advance(subscription.id, progress, after)
            attempt = Attempt(Purpose.EVENT, outcome, progress.attempts + 1)
            self.dispatch.log(tx, subscription, entry, sent, attempt)
            if sent.gone or after.hopeless(now):
                self._switch_off(tx, subscription, DisabledReason.GONE if sent.gone else DisabledReason.FAILING)
                return _IDLE
        if not moved:
            return _AT_ONCE
        return Again(pause(after.attempts)) if outcome is Outcome.FAILED else after
