"""Subscriptions to events over REST."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from modelkeep.api.rest.dependencies import Call, CurrentCall, RequestedPage, SeenRevision
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.webhooks import (
    DeliveryOut,
    ReplayIn,
    RotationIn,
    WebhookIn,
    WebhookOut,
    WebhookPatchIn,
)
from modelkeep.domains.events import Issued, Outcome, SubscriptionState
from modelkeep.kernel.events import Receipt, Recorded

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=RegistryRoute)

WebhookId = Annotated[str, Path(description="The id of the subscription")]
EventNumber = Annotated[int, Path(description="The number of an event", ge=0, le=2**62)]


@router.post("", status_code=201)
def create_webhook(body: WebhookIn, call: CurrentCall) -> WebhookOut:
    """Subscribe to events from now on; the secret is in this answer only."""
    return _issued(call.services.events.subscriptions.create(call.actor, body.value()), call)


@router.get("", response_model=ListOut[WebhookOut])
def list_webhooks(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the subscriptions that the caller may see, the newest first."""
    found = call.services.events.subscriptions.list(call.actor, page)
    names = call.names(who for one in found.items for who in (one.subscription.owner, one.subscription.created_by))
    return page_out(found, lambda state: WebhookOut.of(state, names))


@router.get("/{webhook}")
def get_webhook(webhook: WebhookId, call: CurrentCall) -> WebhookOut:
    """Return a subscription, and how far it has come."""
    return _present(call.services.events.subscriptions.get(call.actor, webhook), call)


@router.patch("/{webhook}")
def update_webhook(webhook: WebhookId, body: WebhookPatchIn, call: CurrentCall, seen: SeenRevision) -> WebhookOut:
    """Change a subscription, or switch it on or off; the caller is its owner from then on."""
    changed = call.services.events.subscriptions.update(call.actor, webhook, body.value(), seen=seen)
    return _present(changed.value, call, changed.receipt)


@router.delete("/{webhook}")
def delete_webhook(webhook: WebhookId, call: CurrentCall, seen: SeenRevision) -> WebhookOut:
    """Delete a subscription with its secrets and its log of deliveries."""
    deleted = call.services.events.subscriptions.delete(call.actor, webhook, seen=seen)
    return _present(deleted.value, call, deleted.receipt)


@router.post("/{webhook}/rotate-secret")
def rotate_webhook_secret(webhook: WebhookId, body: RotationIn, call: CurrentCall) -> WebhookOut:
    """Issue a new secret; it is in this answer only, and the old ones stay good for the overlap."""
    overlap = timedelta(seconds=body.overlap_seconds)
    return _issued(call.services.events.subscriptions.rotate_secret(call.actor, webhook, overlap=overlap), call)


@router.post("/{webhook}/test")
def test_webhook(webhook: WebhookId, call: CurrentCall) -> DeliveryOut:
    """Send a test now, and answer with what came of it."""
    return DeliveryOut.of(call.services.events.subscriptions.test(call.actor, webhook))


@router.post("/{webhook}/replay")
def replay_webhook(webhook: WebhookId, body: ReplayIn, call: CurrentCall) -> WebhookOut:
    """Send everything again from an event on, in order."""
    moved = call.services.events.subscriptions.replay(call.actor, webhook, from_seq=body.from_seq)
    return _present(moved.value, call, moved.receipt)


@router.post("/{webhook}/events/{seq}/deliver")
def deliver_webhook_event(webhook: WebhookId, seq: EventNumber, call: CurrentCall) -> DeliveryOut:
    """Send one event again now, out of turn, and answer with what came of it."""
    return DeliveryOut.of(call.services.events.subscriptions.deliver_again(call.actor, webhook, seq=seq))


@router.get("/{webhook}/deliveries", response_model=ListOut[DeliveryOut])
def list_webhook_deliveries(
    webhook: WebhookId,
    call: CurrentCall,
    page: RequestedPage,
    outcome: Annotated[Outcome | None, Query(description="Only attempts that ended so")] = None,
) -> dict[str, Any]:
    """List the attempts of the last 30 days, the newest first."""
    found = call.services.events.subscriptions.deliveries(call.actor, webhook, page, outcome=outcome)
    return page_out(found, DeliveryOut.of)


def _issued(recorded: Recorded[Issued], call: Call) -> WebhookOut:
    """Present a subscription with its secret, which nobody is to keep on the way."""
    call.response.headers["Cache-Control"] = "no-store"
    return _present(recorded.value.state, call, recorded.receipt, secret=recorded.value.secret)


def _present(
    state: SubscriptionState, call: Call, receipt: Receipt | None = None, *, secret: str | None = None
) -> WebhookOut:
    call.show_revision(state.subscription.revision)
    names = call.names([state.subscription.owner, state.subscription.created_by])
    return WebhookOut.of(state, names, receipt, secret=secret)
