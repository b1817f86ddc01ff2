"""Alerts through apprise, to a receiver on this machine that the operator allows."""

import json

import pytest
from tests.builders import SCORER, a_model
from tests.servers.webhooks import Receiver
from tests.service.events.subscribing import a_selection, deliver, log_of

from modelkeep.app.bootstrap import Services
from modelkeep.domains.events import NewSubscription, Outcome, SubscriptionKind
from modelkeep.domains.events.domain.errors import InvalidSubscriptionError
from modelkeep.domains.events.ports import Parcel
from modelkeep.domains.events.service.alerts import AlertSender, message
from modelkeep.kernel.identity import Actor
from modelkeep.platform.outbound_http import OutboundPolicy

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
EVENT = {
    "type": "io.modelkeep.model_created.v1",
    "subject": "fraud/scorer",
    "time": "2026-11-02T09:00:00Z",
    "actorid": "ana",
    "id": "7",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_alert_is_a_message_made_of_the_event(services: Services, admin: Actor, receiver: Receiver) -> None:
    target = f"json://127.0.0.1:{receiver.port}/secret-path"
    new = NewSubscription("pager", target, a_selection("MODEL_CREATED"), SubscriptionKind.ALERT, "{type} {subject}!")
    issued = services.events.subscriptions.create(admin, new).value
    assert (issued.secret, issued.state.subscription.shown_target) == (None, "json://…")
    a_model(services, admin, SCORER)
    receiver.status = 200
    deliver(services, issued)
    (received,) = receiver.received
    assert json.loads(received.body)["message"] == "MODEL_CREATED fraud/scorer!"
    receiver.status = 500
    assert services.events.subscriptions.test(admin, issued.state.subscription.id).outcome is Outcome.FAILED
    assert [line.outcome for line in log_of(services, admin, issued)] == [Outcome.DELIVERED, Outcome.FAILED]


@pytest.mark.parametrize(
    "target",
    ["json://127.0.0.2/", "jsons://internal.example/", "mailto://a:b@internal.example", "exec://rm", "x", "://"],
)
def test_a_service_that_may_lead_anywhere_is_refused(target: str) -> None:
    with pytest.raises(InvalidSubscriptionError, match="alerts go to discord"):
        AlertSender(OutboundPolicy.parse("127.0.0.1")).check(target)


@pytest.mark.parametrize(
    "target",
    [
        f"{SLACK}?template=file:///etc/passwd",
        f"{SLACK}?template=http://169.254.169.254/",
        f"{SLACK},json://10.0.0.1/",
        f"{SLACK} json://10.0.0.1/",
        "json://127.0.0.1/?+X=y",
        "json://127.0.0.1\\@10.0.0.1/",
    ],
)
def test_an_address_with_arguments_or_a_second_one_is_refused(target: str) -> None:
    sender = AlertSender(OutboundPolicy.parse("127.0.0.1"))
    with pytest.raises(InvalidSubscriptionError, match="has no arguments"):
        sender.check(target)
    sent = sender.send(Parcel(target, (), "msg_1", EVENT, "{type}"))
    assert (sent.delivered, "has no arguments" in sent.excerpt) == (False, True)


def test_a_host_that_apprise_reads_in_another_way_is_refused() -> None:
    with pytest.raises(InvalidSubscriptionError, match="alerts go to discord"):
        AlertSender(OutboundPolicy.parse("127.0.0.1")).check("json://127.0.0.1#@10.0.0.1/")


def test_a_service_with_an_address_of_its_own_is_allowed_if_it_is_well_formed() -> None:
    sender = AlertSender(OutboundPolicy())
    sender.check(SLACK)
    with pytest.raises(InvalidSubscriptionError, match="no address of that service"):
        sender.check("slack://")


def test_a_template_replaces_what_it_knows_and_interprets_nothing() -> None:
    template = "{type} {subject} {time} {actor} {seq} {0} {subject.__class__} %s"
    assert message(template, EVENT) == (
        "MODEL_CREATED fraud/scorer 2026-11-02T09:00:00Z ana 7 {0} {subject.__class__} %s"
    )
