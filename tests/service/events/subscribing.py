"""Subscriptions of tests, and their deliveries one run at a time."""

import time
from threading import Event

from tests.servers.webhooks import Receiver

from modelkeep.app.bootstrap import Services
from modelkeep.domains.events import (
    KNOWN_TYPES,
    Deliveries,
    Delivery,
    Issued,
    NewSubscription,
    Progress,
    Selection,
)
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.platform.jobs import JobStatus, Outcome, Work
from modelkeep.platform.jobs.values import Lease

EVERYTHING = PageRequest(1000)


def a_selection(*types: str, namespace: str = "", model: str = "") -> Selection:
    return Selection.of(types, namespace, model, known=KNOWN_TYPES)


def a_subscription(
    services: Services, actor: Actor, receiver: Receiver, *types: str, namespace: str = "", model: str = ""
) -> Issued:
    selection = a_selection(*types, namespace=namespace, model=model)
    return services.events.subscriptions.create(actor, NewSubscription("test", receiver.url, selection)).value


def deliveries_of(services: Services) -> Deliveries:
    made = services.events.subscriptions
    return Deliveries(made.database, made.reader, made.sight, made.dispatch, made.clock)


def work_for(services: Services, issued: Issued, *, stopping: bool = False) -> Work:
    """Return the job of a subscription, as if it had been claimed."""
    identity = issued.state.subscription.id
    store = services.events.subscriptions.jobs
    with store.database.snapshot() as tx:
        jobs = store.list(tx, JobStatus.READY, EVERYTHING).items
    stop = Event()
    if stopping:
        stop.set()
    (job,) = (job for job in jobs if job.state.get("subscription") == identity)
    return Work(job, Lease(time.monotonic() + 60), stop)


def deliver(services: Services, issued: Issued, *, stopping: bool = False) -> Outcome:
    """Run the job of a subscription once, whether it is due or not."""
    return deliveries_of(services).deliver(work_for(services, issued, stopping=stopping))


def log_of(services: Services, actor: Actor, issued: Issued) -> list[Delivery]:
    """Return the log of deliveries, the oldest first."""
    page = services.events.subscriptions.deliveries(actor, issued.state.subscription.id, EVERYTHING)
    return list(reversed(page.items))


def progress_of(services: Services, actor: Actor, issued: Issued) -> Progress:
    return services.events.subscriptions.get(actor, issued.state.subscription.id).progress
