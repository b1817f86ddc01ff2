"""Use cases of events on their way out."""

from modelkeep.domains.events.service.alerts import AlertSender
from modelkeep.domains.events.service.background import BackgroundService, JobHistory
from modelkeep.domains.events.service.dispatch import Dispatch
from modelkeep.domains.events.service.feed import EventFeed, FedEvent, Portion
from modelkeep.domains.events.service.offered import EventServices
from modelkeep.domains.events.service.sight import KNOWN_TYPES, EventSight
from modelkeep.domains.events.service.subscriptions import Issued, SubscriptionService, SubscriptionState
from modelkeep.domains.events.service.webhooks import WebhookSender

__all__ = [
    "KNOWN_TYPES",
    "AlertSender",
    "BackgroundService",
    "Dispatch",
    "EventFeed",
    "EventServices",
    "EventSight",
    "FedEvent",
    "Issued",
    "JobHistory",
    "Portion",
    "SubscriptionService",
    "SubscriptionState",
    "WebhookSender",
]
