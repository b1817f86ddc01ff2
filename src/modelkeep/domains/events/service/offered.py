"""What the domain offers to facades."""

from dataclasses import dataclass

from modelkeep.domains.events.service.background import BackgroundService
from modelkeep.domains.events.service.feed import EventFeed
from modelkeep.domains.events.service.subscriptions import SubscriptionService


@dataclass(frozen=True, slots=True)
class EventServices:
    """Subscriptions, the live feed, and the background jobs that carry them."""

    subscriptions: SubscriptionService
    feed: EventFeed
    jobs: BackgroundService
