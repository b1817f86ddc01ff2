"""What is delivered, in which order, and what happens when it cannot be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.builders import SCORER, a_model, a_version
from tests.registries import ManualClock
from tests.servers.webhooks import Receiver
from tests.service.events.subscribing import (
    a_subscription,
    deliver,
    deliveries_of,
    log_of,
    progress_of,
    work_for,
)

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import VOCABULARY
from modelkeep.domains.events import Deliveries, Outcome, SubscriptionChange
from modelkeep.domains.events.tables import SUBSCRIPTION
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName
from modelkeep.platform.jobs import Again

HOUR = timedelta(hours=1)


def test_every_event_is_delivered_once_in_the_order_of_the_log(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver)
    a_model(services, admin, SCORER)
    a_version(services, admin)
    deliver(services, issued)
    deliver(services, issued)
    assert receiver.types == ["SUBSCRIPTION_CREATED", "NAMESPACE_CREATED", "MODEL_CREATED", "VERSION_REGISTERED"]
    numbers = [int(number) for number in receiver.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert progress_of(services, admin, issued).cursor == services.events.feed.last()


def test_a_delivery_is_a_cloud_event_with_data_and_without_texts(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    a_model(services, admin, SCORER, description="Nobody outside is to read this")
    deliver(services, issued)
    (received,) = receiver.received
    event = received.event
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0",
        "io.modelkeep.model_created.v1",
        str(SCORER),
    )
    assert event["data"].keys() == VOCABULARY["catalog.model_created"].data.keys()
    assert b"Nobody outside" not in received.body


def test_only_what_is_selected_is_delivered(services: Services, admin: Actor, receiver: Receiver) -> None:
    created = a_subscription(services, admin, receiver, "*_CREATED", namespace="fraud")
    other = a_subscription(services, admin, receiver, model="risk/other")
    a_model(services, admin, SCORER)
    a_model(services, admin, ModelName.parse("risk/scorer"))
    a_version(services, admin)
    assert [deliver(services, one) for one in (created, other)] == [Again(timedelta(days=1))] * 2
    assert receiver.types == ["NAMESPACE_CREATED", "MODEL_CREATED"]
    assert {received.event["subject"] for received in receiver.received} == {"fraud", str(SCORER)}
    assert progress_of(services, admin, other).cursor == services.events.feed.last()


def test_an_event_that_fails_holds_up_those_after_it_and_comes_again(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_*")
    a_model(services, admin, SCORER)
    a_model(services, admin, ModelName.parse("fraud/other"))
    receiver.status, receiver.answer = 503, b"come\0 back later" + b"x" * 5000
    outcomes = [deliver(services, issued) for _ in range(3)]
    assert receiver.types == ["MODEL_CREATED"] * 3
    assert len(set(receiver.numbers)) == 1
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    pauses = [outcome.delay for outcome in outcomes if isinstance(outcome, Again)]
    assert all(
        seconds / 2 <= pause.total_seconds() <= seconds for pause, seconds in zip(pauses, (1, 2, 4), strict=True)
    )
    assert deliveries_of(services).behind() == []
    receiver.status = 204
    deliver(services, issued)
    assert len(set(receiver.numbers)) == 2
    log = log_of(services, admin, issued)
    assert [(line.outcome, line.attempt, line.status) for line in log] == [
        (Outcome.FAILED, 1, 503),
        (Outcome.FAILED, 2, 503),
        (Outcome.FAILED, 3, 503),
        (Outcome.DELIVERED, 4, 204),
        (Outcome.DELIVERED, 1, 204),
    ]
    assert log[0].excerpt.startswith("come back later")
    assert len(log[0].excerpt) <= 1024


@pytest.mark.parametrize("status", [100 + 200, 302, 400, 404, 500])
def test_every_answer_but_2xx_is_a_failure(services: Services, admin: Actor, receiver: Receiver, status: int) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    receiver.status = status
    a_model(services, admin, SCORER)
    deliver(services, issued)
    assert [line.outcome for line in log_of(services, admin, issued)] == [Outcome.FAILED]


def test_an_event_is_dead_after_a_day_and_the_next_one_gets_its_turn(
    services: Services, admin: Actor, receiver: Receiver, clock: ManualClock
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    a_model(services, admin, SCORER)
    a_model(services, admin, ModelName.parse("fraud/other"))
    receiver.status = 500
    deliver(services, issued)
    clock.advance(23 * HOUR)
    deliver(services, issued)
    clock.advance(2 * HOUR)
    deliver(services, issued)
    log = log_of(services, admin, issued)
    assert [line.outcome for line in log] == [Outcome.FAILED, Outcome.FAILED, Outcome.DEAD, Outcome.FAILED]
    assert log[3].seq != log[2].seq
    receiver.status = 200
    deliver(services, issued)
    assert log_of(services, admin, issued)[-1].outcome is Outcome.DELIVERED
    assert progress_of(services, admin, issued).failing_since is None


def test_a_subscription_that_fails_for_five_days_is_disabled_and_the_log_says_so(
    services: Services, admin: Actor, receiver: Receiver, clock: ManualClock
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    watching = a_subscription(services, admin, receiver, "SUBSCRIPTION_DISABLED")
    a_model(services, admin, SCORER)
    receiver.status = 500
    deliver(services, issued)
    clock.advance(121 * HOUR)
    deliver(services, issued)
    disabled = services.events.subscriptions.get(admin, issued.state.subscription.id).subscription
    assert (disabled.disabled_reason, disabled.revision) == ("failing", 2)
    assert deliver(services, issued) == Again(timedelta(days=1))
    receiver.received.clear()
    receiver.status = 204
    deliver(services, watching)
    (event,) = (received.event for received in receiver.received)
    assert (event["subject"], event["data"]) == (disabled.id, {"reason": "failing", "revision": 2})


def test_a_receiver_that_is_gone_is_not_asked_again_until_somebody_enables_it(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    a_model(services, admin, SCORER)
    receiver.status = 410
    deliver(services, issued)
    deliver(services, issued)
    assert len(receiver.received) == 1
    identity = issued.state.subscription.id
    assert services.events.subscriptions.get(admin, identity).subscription.disabled_reason == "gone"
    receiver.status = 204
    services.events.subscriptions.update(admin, identity, SubscriptionChange(enabled=True), seen=2)
    deliver(services, issued)
    assert len(set(receiver.numbers)) == 1
    assert log_of(services, admin, issued)[-1].outcome is Outcome.DELIVERED


def test_a_subscription_whose_address_cannot_be_read_is_disabled(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    identity = issued.state.subscription.id
    a_model(services, admin, SCORER)
    with services.access.database.transaction() as tx:
        tx.session.execute(update(SUBSCRIPTION).values(target=b"1 sealed under another key"))
        tx.record(issued.state.subscription.created(admin))
    assert isinstance(deliver(services, issued), Again)
    assert services.events.subscriptions.get(admin, identity).subscription.disabled_reason == "unreadable"


def test_a_subscription_whose_delivery_meets_a_defect_to_the_last_is_disabled(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    identity = issued.state.subscription.id
    made = services.events.subscriptions
    broken = replace(made.dispatch, senders={})
    jobs = Deliveries(made.database, made.reader, made.sight, broken, made.clock)
    a_model(services, admin, SCORER)
    with pytest.raises(KeyError):
        jobs.deliver(work_for(services, issued))
    work = work_for(services, issued)
    last = replace(work, job=replace(work.job, attempts=work.job.max_attempts))
    assert isinstance(jobs.deliver(last), Again)
    assert made.get(admin, identity).subscription.disabled_reason == "broken"


def test_a_receiver_that_is_not_there_is_a_failure_with_its_reason(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    closed = Receiver(port=1)
    change = SubscriptionChange(target=closed.url)
    services.events.subscriptions.update(admin, issued.state.subscription.id, change, seen=1)
    a_model(services, admin, SCORER)
    deliver(services, issued)
    (line,) = log_of(services, admin, issued)
    assert (line.outcome, line.status) == (Outcome.FAILED, None)
    assert "did not answer" in line.excerpt


def test_a_server_that_stops_delivers_nothing_more(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    assert deliver(services, issued, stopping=True) == Again(timedelta())
    assert receiver.received == []


def test_a_delivery_that_races_with_a_replay_does_not_undo_it(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    """The cursor is moved while an event is on its way: what comes of that is kept, and the replay stands."""
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    identity = issued.state.subscription.id
    a_model(services, admin, SCORER)
    deliver(services, issued)
    a_model(services, admin, ModelName.parse("fraud/other"))
    first = int(receiver.numbers[0])
    receiver.meanwhile = lambda: services.events.subscriptions.replay(admin, identity, from_seq=first)
    deliver(services, issued)
    deliver(services, issued)
    subjects = [received.event["subject"] for received in receiver.received]
    assert subjects == [str(SCORER), "fraud/other", str(SCORER), "fraud/other"]


def test_the_log_of_deliveries_is_kept_for_a_month(
    services: Services, admin: Actor, receiver: Receiver, clock: ManualClock
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    a_model(services, admin, SCORER)
    deliver(services, issued)
    assert deliveries_of(services).forget() == 0
    clock.advance(timedelta(days=31))
    assert deliveries_of(services).forget() == 1
    assert log_of(services, admin, issued) == []
