"""Subscriptions: what is sent where, for whom, and since when it is not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.events.domain.errors import InvalidSubscriptionError
from modelkeep.domains.events.domain.selection import Selection
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind

MAX_NAME: Final = 100
MAX_TARGET: Final = 2048
MAX_TEMPLATE: Final = 1000
MAX_SUBSCRIPTIONS: Final = 1000
MAX_SECRETS: Final = 5
LONGEST_OVERLAP: Final = timedelta(days=7)
TEMPLATE_FIELDS: Final = ("type", "subject", "time", "actor", "seq")
DEFAULT_TEMPLATE: Final = "{type}: {subject}"
_BEYOND_HOST: Final = re.compile(r"[/\\?#]")


class SubscriptionKind(StrEnum):
    """How events are sent: signed to a web address, or as a message to people."""

    WEBHOOK = "webhook"
    ALERT = "alert"


class DisabledReason(StrEnum):
    """Why a subscription is disabled."""

    BY_HAND = "by_hand"
    FAILING = "failing"
    GONE = "gone"
    UNREADABLE = "unreadable"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to make. `target` is an address, `template` the message of an alert."""

    name: str
    target: str = field(repr=False)
    selection: Selection = field(default_factory=Selection)
    kind: SubscriptionKind = SubscriptionKind.WEBHOOK
    template: str = DEFAULT_TEMPLATE

    def __post_init__(self) -> None:
        """Refuse what cannot be stored or sent."""
        check_name(self.name)
        check_template(self.template)
        if not self.target or len(self.target) > MAX_TARGET:
            raise InvalidSubscriptionError(f"a target has 1 to {MAX_TARGET} characters", field="target")


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """What is to change of a subscription; None leaves it. `enabled` switches it on or off."""

    name: str | None = None
    target: str | None = field(default=None, repr=False)
    selection: Selection | None = None
    template: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is sent where. `shown_target` may be seen by who reads it; the address itself is kept sealed.

    Events are sent as far as `owner` may see them: whoever changes a subscription answers for it from then on.
    """

    id: str
    name: str
    kind: SubscriptionKind
    shown_target: str
    selection: Selection
    template: str
    owner: PrincipalId
    owner_kind: PrincipalKind
    created_at: datetime
    created_by: PrincipalId
    changed_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    revision: int = 1

    @classmethod
    def made(cls, new: NewSubscription, identity: str, actor: Actor, now: datetime) -> Self:
        """Return a new subscription."""
        return cls(
            id=identity,
            name=new.name,
            kind=new.kind,
            shown_target=shown(new.kind, new.target),
            selection=new.selection,
            template=new.template,
            owner=actor.id,
            owner_kind=actor.kind,
            created_at=now,
            created_by=actor.id,
            changed_at=now,
        )

    def expect(self, seen: int | None) -> Self:
        """Return the subscription if it is what the caller last saw.

        Raises:
            StaleRevisionError: it has been changed since.
        """
        if seen not in (None, self.revision):
            raise StaleRevisionError(f"subscription {self.name} has changed meanwhile; read it again and retry")
        return self

    def changed(self, change: SubscriptionChange, actor: Actor, now: datetime) -> tuple[Self, tuple[Event, ...]]:
        """Return the subscription after a change, and what is to be recorded: nothing if it was like that."""
        after = replace(
            self,
            name=self.name if change.name is None else check_name(change.name),
            shown_target=self.shown_target if change.target is None else shown(self.kind, change.target),
            selection=change.selection or self.selection,
            template=self.template if change.template is None else check_template(change.template),
        )
        switched = change.enabled is not None and change.enabled != (self.disabled_at is None)
        described = after != self or change.target is not None
        if not switched and not described:
            return self, ()
        after = replace(after, owner=actor.id, owner_kind=actor.kind, changed_at=now, revision=self.revision + 1)
        if switched:
            off = change.enabled is False
            after = replace(
                after, disabled_at=now if off else None, disabled_reason=DisabledReason.BY_HAND if off else None
            )
        events = [_event("events.subscription_updated", after, actor, now)] if described else []
        return after, (*events, *([after.switch(actor, now)] if switched else []))

    def disabled(self, reason: DisabledReason, actor: Actor, now: datetime) -> tuple[Self, Event]:
        """Return the subscription switched off."""
        after = replace(self, disabled_at=now, disabled_reason=reason, changed_at=now, revision=self.revision + 1)
        return after, after.switch(actor, now)

    def switch(self, actor: Actor, now: datetime) -> Event:
        """Return the event of a subscription that was switched on or off."""
        if self.disabled_reason is None:
            return Event("events.subscription_enabled", self.id, actor, now, {"revision": self.revision})
        data = {"revision": self.revision, "reason": self.disabled_reason.value}
        return Event("events.subscription_disabled", self.id, actor, now, data)

    def created(self, actor: Actor) -> Event:
        """Return the event of its creation."""
        return _event("events.subscription_created", self, actor, self.created_at)

    def deleted(self, actor: Actor, now: datetime) -> Event:
        """Return the event of its deletion."""
        return _event("events.subscription_deleted", self, actor, now)


def _event(name: str, subscription: Subscription, actor: Actor, now: datetime) -> Event:
    """Return an event with all that a subscription selects."""
    selection = subscription.selection
    data: Mapping[str, Json] = {
        "kind": subscription.kind.value,
        "types": list(selection.types),
        "namespace": selection.namespace or None,
        "model": selection.model or None,
        "revision": subscription.revision,
    }
    texts = {"name": subscription.name, "target": origin(subscription.shown_target)}
    return Event(name, subscription.id, actor, now, data, texts)


def shown(kind: SubscriptionKind, target: str) -> str:
    """Return what may be seen of a target: of an address the origin, of an alert's the service; all else is secret."""
    return f"{origin(target)}/…" if kind is SubscriptionKind.WEBHOOK else f"{target.partition(':')[0].lower()}://…"


def origin(target: str) -> str:
    """Return the scheme, host and port of an address, be it one or not: a path may be a secret."""
    scheme, _, rest = target.partition("://")
    return f"{scheme}://{_BEYOND_HOST.split(rest)[0].rpartition('@')[2]}"


def check_name(name: str) -> str:
    """Return the name people know a subscription by."""
    if not name or len(name) > MAX_NAME or not name.isprintable() or name != name.strip():
        raise InvalidSubscriptionError(
            f"a subscription's name has 1 to {MAX_NAME} printable characters, no space at either end", field="name"
        )
    return name


def check_template(template: str) -> str:
    """Return the message of an alert: text with `{type}`, `{subject}`, `{time}`, `{actor}` and `{seq}`."""
    if not template or len(template) > MAX_TEMPLATE or "\0" in template:
        raise InvalidSubscriptionError(f"a message has 1 to {MAX_TEMPLATE} characters", field="template")
    return template
