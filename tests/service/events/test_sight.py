"""Whom a subscription tells what: as far as its owner may see, when it is sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.builders import SCORER, a_model
from tests.people import bind, somebody
from tests.registries import ManualClock
from tests.servers.webhooks import Receiver
from tests.service.events.subscribing import a_selection, a_subscription, deliver, log_of

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import AccessService, ForbiddenError, NewToken, Permission, Reach, Scope
from modelkeep.domains.access.tables import PRINCIPAL
from modelkeep.domains.events import EventSight, SubscriptionChange
from modelkeep.domains.events.domain.errors import EventNotFoundError, SubscriptionNotFoundError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

OTHER = ModelName.parse("risk/other")


def test_a_subscription_needs_rights_where_it_listens(services: Services, receiver: Receiver) -> None:
    maintainer = somebody(services, ("maintainer", "fraud"))
    for place in ({}, {"namespace": "risk"}, {"model": "risk/other"}):
        with pytest.raises(ForbiddenError):
            a_subscription(services, maintainer, receiver, **place)
    made = a_subscription(services, maintainer, receiver, namespace="fraud").state.subscription
    with pytest.raises(ForbiddenError):
        services.events.subscriptions.update(maintainer, made.id, SubscriptionChange(selection=a_selection()), seen=1)


def test_who_has_no_right_to_a_subscription_does_not_learn_of_it(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    made = a_subscription(services, admin, receiver, namespace="risk").state.subscription
    maintainer = somebody(services, ("maintainer", "fraud"))
    with pytest.raises(SubscriptionNotFoundError):
        services.events.subscriptions.get(maintainer, made.id)
    assert services.events.subscriptions.list(maintainer, PageRequest()).items == ()
    auditor = somebody(services, "auditor")
    assert services.events.subscriptions.get(auditor, made.id).subscription == made
    with pytest.raises(ForbiddenError):
        services.events.subscriptions.test(auditor, made.id)


def test_events_of_the_log_are_for_who_may_read_it(services: Services, admin: Actor, receiver: Receiver) -> None:
    maintainer = somebody(services, "maintainer")
    issued = a_subscription(services, maintainer, receiver)
    bind(services, admin.id, "viewer", "fraud")
    a_model(services, admin, SCORER)
    deliver(services, issued)
    assert receiver.types == ["NAMESPACE_CREATED", "MODEL_CREATED"]
    receiver.received.clear()
    everything = a_subscription(services, admin, receiver)
    bind(services, maintainer.id, "auditor")
    deliver(services, everything)
    assert receiver.types == ["SUBSCRIPTION_CREATED", "ROLE_GRANTED"]


def test_what_the_owner_may_no_longer_see_is_not_sent_and_holds_nothing_up(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    owner = somebody(services, "maintainer")
    issued = a_subscription(services, owner, receiver, "MODEL_CREATED")
    a_model(services, admin, SCORER)
    with services.access.database.transaction() as tx:
        tx.session.execute(
            update(PRINCIPAL).where(PRINCIPAL.c.id == owner.id).values(disabled_at=services.access.clock())
        )
        tx.record(Event("access.principal_created", owner.id, admin, services.access.clock(), {"roles": []}))
    deliver(services, issued)
    assert receiver.received == []
    assert log_of(services, admin, issued) == []
    a_model(services, admin, OTHER)
    services.events.subscriptions.update(admin, issued.state.subscription.id, SubscriptionChange(name="mine"), seen=1)
    deliver(services, issued)
    assert [received.event["subject"] for received in receiver.received] == [str(OTHER)]


def test_one_event_is_replayed_only_to_who_may_see_it(
    services: Services, admin: Actor, receiver: Receiver, clock: ManualClock
) -> None:
    a_model(services, admin, SCORER)
    last = services.events.feed.last()
    maintainer = somebody(services, ("maintainer", "risk"))
    made = a_subscription(services, maintainer, receiver, namespace="risk").state.subscription
    assert clock() > made.created_at
    with pytest.raises(EventNotFoundError):
        services.events.subscriptions.deliver_again(maintainer, made.id, seq=last)


def with_a_token(services: Services, actor: Actor, *permissions: str) -> Actor:
    new = NewToken(Reach.parse(["webhook.read", "webhook.write", *permissions], [], []))
    issued = services.tokens.create(actor, new).value
    return services.authentication.authenticate(issued.secret, RequestInfo("a request"))


def test_a_token_makes_no_subscription_that_sees_further_than_itself(
    services: Services, admin: Actor, receiver: Receiver
) -> None:
    subscriptions = services.events.subscriptions
    narrow, reader = with_a_token(services, admin), with_a_token(services, admin, "model.read")
    whole = with_a_token(services, admin, "model.read", "audit.read")
    for actor, types in (
        (narrow, ["MODEL_CREATED"]),
        (reader, ["ROLE_GRANTED"]),
        (reader, ["*_CREATED"]),
        (reader, []),
    ):
        with pytest.raises(ForbiddenError):
            a_subscription(services, actor, receiver, *types)
    made = a_subscription(services, reader, receiver, "MODEL_CREATED").state.subscription
    with pytest.raises(ForbiddenError):
        subscriptions.update(reader, made.id, SubscriptionChange(selection=a_selection()), seen=None)
    everything = a_subscription(services, whole, receiver).state.subscription
    for actor in (narrow, reader):
        with pytest.raises(ForbiddenError):
            subscriptions.update(actor, everything.id, SubscriptionChange(name="mine"), seen=None)
        with pytest.raises(ForbiddenError):
            subscriptions.rotate_secret(actor, everything.id, overlap=timedelta())


def test_many_entries_of_a_place_are_asked_about_once(services: Services, admin: Actor) -> None:
    for number in range(3):
        a_model(services, admin, ModelName.parse(f"fraud/model-{number}"))
    services.models.set_tag(admin, ModelName.parse("fraud/model-0"), "a", "b", seen=None)
    feed = services.events.feed
    asked: list[tuple[Permission, Scope]] = []

    class Asked(AccessService):
        def allows(
            self, tx: Transaction, actor: Actor, permission: Permission, scope: Scope, *, stage: str | None = None
        ) -> bool:
            asked.append((permission, scope))
            return super().allows(tx, actor, permission, scope, stage=stage)

    access = Asked(services.access.database, services.access.clock)
    replace(feed, sight=EventSight(access)).read(admin, a_selection(), -1)
    assert len(asked) == len(set(asked))
    assert len(asked) > 3
