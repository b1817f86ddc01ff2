"""Stores subscriptions and what was delivered for them."""

from modelkeep.domains.events.repository.deliveries import FORGOTTEN_AT_ONCE, DeliveryRepository
from modelkeep.domains.events.repository.subscriptions import SubscriptionRepository

__all__ = ["FORGOTTEN_AT_ONCE", "DeliveryRepository", "SubscriptionRepository"]
