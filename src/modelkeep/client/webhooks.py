"""Webhooks: subscriptions to what happens in a registry; and the background jobs that deliver."""

from collections.abc import Sequence
from typing import Final, TypedDict, Unpack

from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.client.webhook_values import Job, Webhook, WebhookDelivery
from modelkeep.kernel.canonical_json import Json

_SELECTION: Final = ("types", "namespace", "model")


class EventSelection(TypedDict, total=False):
    """Which events are wanted; what is left out is all of them.

    `types` are such as `MODEL_*`, `model` is `namespace/name`.
    """

    types: Sequence[str]
    namespace: str
    model: str


class WebhookChange(EventSelection, total=False):
    """What is to change of a subscription; a part of the selection replaces all of it."""

    name: str
    url: str
    template: str
    enabled: bool


class WebhookMethods(Connected):
    """What a registry object can do with webhooks."""

    def create_webhook(
        self,
        name: str,
        url: str,
        *,
        kind: str = "webhook",
        template: str | None = None,
        **wanted: Unpack[EventSelection],
    ) -> Webhook:
        """Subscribe to events from now on; keep the `secret` of the answer, it is not shown again.

        Args:
            name: what people know it by.
            url: where to send: an address, or that of an alert's service.
            kind: `webhook` or `alert`.
            template: the message of an alert.
            wanted: which events.

        Raises:
            InvalidRequestError: the server does not send to that address, or there is no such type.
        """
        body: dict[str, Json] = {"name": name, "url": url, "kind": kind, "selection": _selection(wanted)}
        if template is not None:
            body["template"] = template
        return Webhook.read(self._session.answer(Call("POST", "/webhooks", body=body)))

    def get_webhook(self, webhook: str) -> Webhook:
        """Return a subscription by its id.

        Raises:
            NotFoundError: there is none that the caller may see.
        """
        return Webhook.read(self._session.get(route("webhooks", webhook)))

    def list_webhooks(self) -> Listing[Webhook]:
        """Yield subscriptions, the newest first; pages are fetched as they are needed."""
        return self._pages("/webhooks", Webhook.read)

    def update_webhook(self, webhook: str, *, revision: int | None = None, **change: Unpack[WebhookChange]) -> Webhook:
        """Change a subscription, or switch it on or off; the caller is its owner from then on.

        Raises:
            ConflictError: somebody has changed it since `revision`.
        """
        body: dict[str, Json] = {}
        for field in ("name", "url", "template", "enabled"):
            if field in change:
                body[field] = change[field]
        if any(field in change for field in _SELECTION):
            body["selection"] = _selection(change)
        call = Call("PATCH", route("webhooks", webhook), headers=if_match(revision), body=body)
        return Webhook.read(self._session.answer(call))

    def delete_webhook(self, webhook: str, *, revision: int | None = None) -> None:
        """Delete a subscription with its secrets and its log of deliveries."""
        self._session.send(Call("DELETE", route("webhooks", webhook), headers=if_match(revision)))

    def rotate_webhook_secret(self, webhook: str, *, overlap_seconds: int = 86_400) -> Webhook:
        """Issue a new secret, in the `secret` of the answer; the old ones stay good for the overlap, at most a week."""
        body: dict[str, Json] = {"overlap_seconds": overlap_seconds}
        return Webhook.read(self._session.answer(Call("POST", route("webhooks", webhook, "rotate-secret"), body=body)))

    def test_webhook(self, webhook: str) -> WebhookDelivery:
        """Let the server send a test now, and return what came of it."""
        return WebhookDelivery.read(self._session.answer(Call("POST", route("webhooks", webhook, "test"))))

    def replay_webhook(self, webhook: str, *, from_seq: int) -> Webhook:
        """Let everything be sent again from an event on, in order."""
        call = Call("POST", route("webhooks", webhook, "replay"), body={"from_seq": from_seq})
        return Webhook.read(self._session.answer(call))

    def deliver_event(self, webhook: str, seq: int) -> WebhookDelivery:
        """Let one event be sent again now, out of turn, and return what came of it.

        Raises:
            NotFoundError: the log has no such event, or the subscription does not select it.
        """
        call = Call("POST", route("webhooks", webhook, "events", seq, "deliver"))
        return WebhookDelivery.read(self._session.answer(call))

    def webhook_deliveries(self, webhook: str, *, outcome: str | None = None) -> Listing[WebhookDelivery]:
        """Yield the attempts of the last 30 days, the newest first; `outcome` is `delivered`, `failed` or `dead`."""
        return self._pages(route("webhooks", webhook, "deliveries"), WebhookDelivery.read, outcome=outcome)

    def list_jobs(self, *, status: str = "dead") -> Listing[Job]:
        """Yield background jobs that are `ready`, `done`, `dead` or `cancelled`, the newest first."""
        return self._pages("/jobs", Job.read, status=status)

    def retry_job(self, job: str) -> Job:
        """Make a dead background job ready again.

        Raises:
            NotFoundError: there is none that is dead.
        """
        return Job.read(self._session.answer(Call("POST", route("jobs", job, "retry"))))

    def cancel_job(self, job: str) -> Job:
        """Take a background job out of the queue for good.

        Raises:
            NotFoundError: there is none that is ready or dead.
        """
        return Job.read(self._session.answer(Call("POST", route("jobs", job, "cancel"))))


def _selection(wanted: EventSelection) -> dict[str, Json]:
    return {
        "types": list(wanted.get("types", ())),
        "namespace": wanted.get("namespace", ""),
        "model": wanted.get("model", ""),
    }
