"""Stores subscriptions and what was delivered for them."""

from modelkeep.domains.events.repository.deliveries import DeliveryRepository
from modelkeep.domains.events.repository.subscriptions import SubscriptionRepository

__all__ = ["DeliveryRepository", "SubscriptionRepository"]
