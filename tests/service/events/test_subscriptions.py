"""Making, changing and trying out subscriptions."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.builders import SCORER, a_model
from tests.people import somebody
from tests.registries import ManualClock
from tests.servers.webhooks import Receiver
from tests.service.events.subscribing import (
    EVERYTHING,
    a_selection,
    a_subscription,
    deliver,
    log_of,
    progress_of,
)

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit.tables import TEXT
from modelkeep.domains.events import NewSubscription, Outcome, Purpose, Selection, SubscriptionChange
from modelkeep.domains.events.domain.errors import (
    EventNotFoundError,
    InvalidSubscriptionError,
    SubscriptionNotFoundError,
)
from modelkeep.domains.events.tables import SECRET, SUBSCRIPTION
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.platform.outbound_http import OutboundRefusedError

HOUR = timedelta(hours=1)


def signatures(receiver: Receiver) -> list[int]:
    """Return how many signatures each delivery had."""
    return [len(received.headers["webhook-signature"].split()) for received in receiver.received]


def test_a_subscription_is_what_was_asked_for_and_starts_now(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    a_model(services, admin, SCORER)
    issued = a_subscription(services, admin, receiver, "model_*", namespace="fraud")
    made = issued.state.subscription
    assert services.events.subscriptions.get(admin, made.id) == issued.state
    assert made.selection == Selection(("MODEL_*",), "fraud")
    assert (made.owner, made.revision, made.shown_target) == (admin.id, 1, f"http://127.0.0.1:{receiver.port}/…")
    assert issued.secret is not None
    assert issued.secret.startswith("whsec_")
    deliver(services, issued)
    assert receiver.received == []


def test_secrets_and_addresses_are_not_to_be_read_in_the_database(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver)
    with services.access.database.snapshot() as tx:
        (sealed,) = tx.session.scalars(select(SECRET.c.secret)).all()
        ((target, shown),) = tx.session.execute(select(SUBSCRIPTION.c.target, SUBSCRIPTION.c.shown_target)).all()
    assert issued.secret is not None
    assert issued.secret.encode() not in sealed
    assert b"secret-path" not in target
    assert "secret-path" not in shown


@pytest.mark.parametrize(
    "url", ["http://93.184.215.14/", "https://10.0.0.1/", "https://169.254.169.254/latest", "ftp://127.0.0.1/", "x"]
)
def test_an_address_that_is_not_public_is_refused(
    services: Services, admin: Actor, receiver: Receiver, url: str
) -> None:
    with pytest.raises(OutboundRefusedError):
        services.events.subscriptions.create(admin, NewSubscription("test", url))
    issued = a_subscription(services, admin, receiver)
    with pytest.raises(OutboundRefusedError):
        services.events.subscriptions.update(
            admin, issued.state.subscription.id, SubscriptionChange(target=url), seen=None
        )


def test_subscriptions_are_listed_newest_first_with_how_far_they_have_come(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    made = [a_subscription(services, admin, receiver).state for _ in range(3)]
    first = services.events.subscriptions.list(admin, PageRequest(2))
    second = services.events.subscriptions.list(admin, PageRequest(2, first.next_token))
    assert [*first.items, *second.items] == list(reversed(made))
    assert second.next_token is None


def test_a_change_counts_from_its_revision_on_and_a_stale_one_is_refused(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    identity = issued.state.subscription.id
    change = SubscriptionChange(name="new", selection=a_selection("NAMESPACE_*"))
    changed = services.events.subscriptions.update(admin, identity, change, seen=1)
    assert (changed.value.subscription.name, changed.value.subscription.revision) == ("new", 2)
    assert services.events.subscriptions.update(admin, identity, change, seen=2).receipt is None
    with pytest.raises(StaleRevisionError):
        services.events.subscriptions.update(admin, identity, change, seen=1)
    a_model(services, admin, SCORER)
    deliver(services, issued)
    assert receiver.types == ["NAMESPACE_CREATED"]


def test_a_disabled_subscription_is_silent_and_goes_on_where_it_was(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_CREATED")
    identity = issued.state.subscription.id
    services.events.subscriptions.update(admin, identity, SubscriptionChange(enabled=False), seen=1)
    a_model(services, admin, SCORER)
    deliver(services, issued)
    assert receiver.received == []
    services.events.subscriptions.update(admin, identity, SubscriptionChange(enabled=True), seen=2)
    deliver(services, issued)
    assert receiver.types == ["MODEL_CREATED"]


def test_a_deleted_subscription_is_gone_with_all_it_had(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    identity = issued.state.subscription.id
    services.events.subscriptions.test(admin, identity)
    services.events.subscriptions.delete(admin, identity, seen=1)
    with pytest.raises(SubscriptionNotFoundError):
        services.events.subscriptions.get(admin, identity)
    assert services.events.subscriptions.list(admin, EVERYTHING).items == ()
    assert services.events.subscriptions.jobs.due_in(["events.deliver"]) is None


def test_both_secrets_sign_until_the_old_one_has_ended(
    services: Services, admin: Actor, receiver: Receiver, clock: ManualClock
) -> None:
    issued = a_subscription(services, admin, receiver)
    identity = issued.state.subscription.id
    services.events.subscriptions.test(admin, identity)
    rotated = services.events.subscriptions.rotate_secret(admin, identity, overlap=HOUR)
    assert rotated.value.secret not in (None, issued.secret)
    services.events.subscriptions.test(admin, identity)
    clock.advance(2 * HOUR)
    services.events.subscriptions.test(admin, identity)
    assert signatures(receiver) == [1, 2, 1]


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=8)])
def test_an_overlap_has_its_bounds(services: Services, admin: Actor, receiver: Receiver, overlap: timedelta) -> None:
    issued = a_subscription(services, admin, receiver)
    with pytest.raises(InvalidSubscriptionError, match="overlap"):
        services.events.subscriptions.rotate_secret(admin, issued.state.subscription.id, overlap=overlap)


def test_there_are_only_so_many_secrets_at_once(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    for _ in range(4):
        services.events.subscriptions.rotate_secret(admin, issued.state.subscription.id, overlap=HOUR)
    with pytest.raises(InvalidSubscriptionError, match="let one of them end"):
        services.events.subscriptions.rotate_secret(admin, issued.state.subscription.id, overlap=HOUR)


def test_a_test_is_sent_at_once_and_kept_in_the_log(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    receiver.status, receiver.answer = 418, b"a teapot"
    sent = services.events.subscriptions.test(admin, issued.state.subscription.id)
    assert (sent.outcome, sent.status, sent.excerpt, sent.seq) == (Outcome.FAILED, 418, "a teapot", None)
    assert receiver.types == ["WEBHOOK_TEST"]
    assert log_of(services, admin, issued) == [sent]


def test_everything_from_a_place_on_is_sent_again_in_order(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_*")
    a_model(services, admin, SCORER)
    services.models.set_tag(admin, SCORER, "team", "risk", seen=1)
    services.models.set_tag(admin, SCORER, "area", "eu", seen=2)
    deliver(services, issued)
    once = receiver.numbers
    services.events.subscriptions.replay(admin, issued.state.subscription.id, from_seq=int(once[1]))
    deliver(services, issued)
    assert receiver.numbers == [*once, *once[1:]]
    ids = [received.headers["webhook-id"] for received in receiver.received]
    assert ids[3:] == ids[1:3]
    assert progress_of(services, admin, issued).epoch == 1


def test_one_event_is_sent_again_out_of_turn(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver, "MODEL_*")
    identity = issued.state.subscription.id
    a_model(services, admin, SCORER)
    deliver(services, issued)
    seq = int(receiver.numbers[0])
    again = services.events.subscriptions.deliver_again(admin, identity, seq=seq)
    assert (again.purpose, again.outcome, again.seq) == (Purpose.REPLAY, Outcome.DELIVERED, seq)
    assert receiver.numbers == [str(seq)] * 2
    for other in (seq - 1, 10**9, -1):
        with pytest.raises(EventNotFoundError):
            services.events.subscriptions.deliver_again(admin, identity, seq=other)


def test_attempts_can_be_listed_by_their_outcome(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    identity = issued.state.subscription.id
    for status in (204, 500, 204):
        receiver.status = status
        services.events.subscriptions.test(admin, identity)
    failed = services.events.subscriptions.deliveries(admin, identity, EVERYTHING, outcome=Outcome.FAILED)
    assert [line.status for line in failed.items] == [500]


def test_a_repeated_creation_has_its_own_secret_and_the_log_has_no_path_of_an_address(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    first, second = (a_subscription(services, admin, receiver) for _ in range(2))
    assert first.secret != second.secret
    with services.access.database.snapshot() as tx:
        texts = dict(tx.session.execute(select(TEXT.c.field, TEXT.c.value)).all())
    assert texts["target"] == f"http://127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("name", ["", " x", "x" * 101, "a\nb"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidSubscriptionError, match="name"):
        NewSubscription(name, "https://93.184.215.14/")


def test_whoever_changes_a_subscription_owns_it(services: Services, admin: Actor, receiver: Receiver) -> None:
    issued = a_subscription(services, admin, receiver)
    other = somebody(services, "maintainer")
    changed = services.events.subscriptions.update(
        other, issued.state.subscription.id, SubscriptionChange(name="mine"), seen=1
    )
    assert (changed.value.subscription.owner, changed.value.subscription.created_by) == (other.id, admin.id)
