"""Events on their way out: subscriptions, webhooks, alerts and the live stream. The audit log is their outbox."""

from modelkeep.domains.events.domain.deliveries import Delivery, Outcome, Progress, Purpose
from modelkeep.domains.events.domain.selection import Selection
from modelkeep.domains.events.domain.subscriptions import (
    DEFAULT_TEMPLATE,
    NewSubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionKind,
)
from modelkeep.domains.events.jobs import Deliveries
from modelkeep.domains.events.ports import Sender
from modelkeep.domains.events.service import (
    KNOWN_TYPES,
    AlertSender,
    BackgroundService,
    Dispatch,
    EventFeed,
    EventServices,
    EventSight,
    FedEvent,
    Issued,
    JobHistory,
    Portion,
    SubscriptionService,
    SubscriptionState,
    WebhookSender,
)
from modelkeep.platform.jobs import Job, JobStatus

__all__ = [
    "DEFAULT_TEMPLATE",
    "KNOWN_TYPES",
    "AlertSender",
    "BackgroundService",
    "Deliveries",
    "Delivery",
    "Dispatch",
    "EventFeed",
    "EventServices",
    "EventSight",
    "FedEvent",
    "Issued",
    "Job",
    "JobHistory",
    "JobStatus",
    "NewSubscription",
    "Outcome",
    "Portion",
    "Progress",
    "Purpose",
    "Selection",
    "Sender",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionKind",
    "SubscriptionService",
    "SubscriptionState",
    "WebhookSender",
]
