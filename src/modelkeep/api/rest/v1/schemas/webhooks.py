"""Subscriptions to events, and their deliveries, on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.events import (
    DEFAULT_TEMPLATE,
    KNOWN_TYPES,
    Delivery,
    NewSubscription,
    Outcome,
    Purpose,
    Selection,
    SubscriptionChange,
    SubscriptionKind,
    SubscriptionState,
)
from modelkeep.kernel.events import Receipt


class SelectionIn(In):
    """Which events are wanted; what is left out is all of them."""

    types: list[str] = Field(default_factory=list, examples=[["MODEL_*", "VERSION_REGISTERED"]])
    namespace: str = ""
    model: str = Field(default="", description="`namespace/name`")

    def value(self) -> Selection:
        """Return what the use case takes."""
        return Selection.of(self.types, self.namespace, self.model, known=KNOWN_TYPES)


class WebhookIn(In):
    """A subscription to make."""

    name: str = Field(examples=["ci"])
    url: str = Field(description="Where to send; of an alert, the address of its service")
    selection: SelectionIn = SelectionIn()
    kind: SubscriptionKind = SubscriptionKind.WEBHOOK
    template: str = Field(default=DEFAULT_TEMPLATE, description="The message of an alert")

    def value(self) -> NewSubscription:
        """Return what the use case takes."""
        return NewSubscription(self.name, self.url, self.selection.value(), self.kind, self.template)


class WebhookPatchIn(In):
    """What is to change of a subscription; a field that is left out stays."""

    name: str | None = None
    url: str | None = None
    selection: SelectionIn | None = None
    template: str | None = None
    enabled: bool | None = None

    def value(self) -> SubscriptionChange:
        """Return what the use case takes."""
        selection = None if self.selection is None else self.selection.value()
        return SubscriptionChange(self.name, self.url, selection, self.template, self.enabled)


class RotationIn(In):
    """How long the old secrets stay good beside the new one."""

    overlap_seconds: int = Field(default=24 * 60 * 60, ge=0, le=7 * 24 * 60 * 60)


class ReplayIn(In):
    """From where on everything is sent again."""

    from_seq: int = Field(ge=0, le=2**62, description="The number of an event")


class SelectionOut(Out):
    """Which events are wanted; empty is all of them."""

    types: list[str]
    namespace: str
    model: str


class WebhookOut(Out):
    """A subscription. Everything up to `cursor` is done with; `secret` is there only when it was just made."""

    id: str
    name: str
    kind: SubscriptionKind
    url: str
    selection: SelectionOut
    template: str
    owner: PrincipalOut
    created_at: Timestamp
    created_by: PrincipalOut
    changed_at: Timestamp
    disabled_at: Timestamp | None
    disabled_reason: str | None
    cursor: int
    failures: int = Field(description="How often the next event has failed so far")
    failing_since: Timestamp | None
    revision: int
    secret: str | None = None
    audit: ReceiptOut | None = None

    @classmethod
    def of(
        cls, state: SubscriptionState, names: Names, receipt: Receipt | None = None, *, secret: str | None = None
    ) -> Self:
        """Present a subscription."""
        made, progress = state.subscription, state.progress
        selection = made.selection
        return cls(
            id=made.id,
            name=made.name,
            kind=made.kind,
            url=made.shown_target,
            selection=SelectionOut(types=list(selection.types), namespace=selection.namespace, model=selection.model),
            template=made.template,
            owner=PrincipalOut.of(made.owner, names),
            created_at=made.created_at,
            created_by=PrincipalOut.of(made.created_by, names),
            changed_at=made.changed_at,
            disabled_at=made.disabled_at,
            disabled_reason=made.disabled_reason,
            cursor=progress.cursor,
            failures=progress.attempts,
            failing_since=progress.failing_since,
            revision=made.revision,
            secret=secret,
            audit=ReceiptOut.of(receipt),
        )


class DeliveryOut(Out):
    """One attempt to deliver an event; `seq` is null for a test, `status` where there was no answer."""

    id: str
    seq: int | None
    type: str
    purpose: Purpose
    attempt: int
    outcome: Outcome
    status: int | None
    latency_ms: int
    excerpt: str = Field(description="The beginning of the answer, or what went wrong")
    at: Timestamp

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Present an attempt."""
        return cls(
            id=delivery.id,
            seq=delivery.seq,
            type=delivery.type,
            purpose=delivery.purpose,
            attempt=delivery.attempt,
            outcome=delivery.outcome,
            status=delivery.status,
            latency_ms=delivery.latency_ms,
            excerpt=delivery.excerpt,
            at=delivery.at,
        )
