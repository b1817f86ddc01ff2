"""Wires what leaves the registry: webhooks, alerts, the live feed."""

from dataclasses import dataclass

from modelkeep.app.secret_key import load_secret_key, previous_secret_keys
from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.events import (
    AlertSender,
    BackgroundService,
    Deliveries,
    Dispatch,
    EventFeed,
    EventServices,
    EventSight,
    Sender,
    SubscriptionKind,
    SubscriptionService,
    WebhookSender,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Database
from modelkeep.platform.jobs import JobStore
from modelkeep.platform.outbound_http import OutboundHttp
from modelkeep.platform.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Foundation:
    """What events are built on."""

    database: Database
    access: AccessService
    jobs: JobStore
    clock: Clock
    new_id: IdSource


def build_events(settings: Settings, on: Foundation) -> tuple[EventServices, Deliveries]:
    """Wire the domain: what it offers, and its background work."""
    reader, sight = AuditReader(on.database), EventSight(on.access)
    senders: dict[SubscriptionKind, Sender] = {
        SubscriptionKind.WEBHOOK: WebhookSender(OutboundHttp(settings.outbound_policy), on.clock),
        SubscriptionKind.ALERT: AlertSender(settings.outbound_policy),
    }
    sealer = Sealer((load_secret_key(settings), *previous_secret_keys(settings)), "webhooks")
    dispatch = Dispatch(senders, sealer, on.clock, on.new_id, settings.public_url)
    offered = EventServices(
        subscriptions=SubscriptionService(
            on.database, on.access, reader, sight, dispatch, on.jobs, on.clock, on.new_id
        ),
        feed=EventFeed(on.database, reader, sight, settings.public_url),
        jobs=BackgroundService(on.database, on.access, on.jobs, on.clock),
    )
    return offered, Deliveries(on.database, reader, sight, dispatch, on.clock)
