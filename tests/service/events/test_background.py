"""Who sees and stops background jobs."""

import pytest
from tests.people import somebody
from tests.servers.webhooks import Receiver
from tests.service.events.subscribing import EVERYTHING, a_subscription

from modelkeep.app.bootstrap import Services
from modelkeep.domains.events import JobStatus, SubscriptionChange
from modelkeep.domains.events.domain.errors import JobNotFoundError
from modelkeep.kernel.identity import Actor


def kinds(services: Services, actor: Actor, status: JobStatus = JobStatus.READY) -> set[str]:
    return {job.kind for job in services.events.jobs.list(actor, status, EVERYTHING).items}


def test_who_runs_webhooks_sees_and_stops_deliveries_only(services: Services, admin: Actor, receiver: Receiver) -> None:
    a_subscription(services, admin, receiver)
    store = services.events.subscriptions.jobs
    store.ensure("audit.publish", "audit.publish")
    jobs = {job.kind: job.id for job in services.events.jobs.list(admin, JobStatus.READY, EVERYTHING).items}
    assert {"audit.publish", "events.deliver"} <= jobs.keys()
    maintainer = somebody(services, "maintainer")
    assert kinds(services, maintainer) == {"events.deliver"}
    with pytest.raises(JobNotFoundError):
        services.events.jobs.get(maintainer, jobs["audit.publish"])
    for actor in (maintainer, admin):
        with pytest.raises(JobNotFoundError):
            services.events.jobs.cancel(actor, jobs["audit.publish"])
    services.events.jobs.cancel(maintainer, jobs["events.deliver"])
    assert kinds(services, maintainer, JobStatus.CANCELLED) == {"events.deliver"}


def test_a_subscription_that_is_enabled_has_its_job_back(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    subscriptions, jobs = services.events.subscriptions, services.events.jobs
    (job,) = (job for job in jobs.list(admin, JobStatus.READY, EVERYTHING).items if job.kind == "events.deliver")
    jobs.cancel(admin, job.id)
    subscriptions.update(admin, issued.state.subscription.id, SubscriptionChange(enabled=False), seen=None)
    subscriptions.update(admin, issued.state.subscription.id, SubscriptionChange(enabled=True), seen=None)
    assert jobs.get(admin, job.id).job.status is JobStatus.READY
