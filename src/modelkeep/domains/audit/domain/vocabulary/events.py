"""Events of what leaves the registry, and of background work."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import INTEGER, TEXT, EventType, Schema, list_of, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import JOB, SUBSCRIPTION

_FACTS: Final[dict[str, Schema]] = {
    "kind": TEXT,
    "types": list_of(TEXT),
    "namespace": nullable(TEXT),
    "model": nullable(TEXT),
    "revision": INTEGER,
}
_TEXTS: Final = ("name", "target")
_JOB: Final[dict[str, Schema]] = {"kind": TEXT, "key": TEXT}

EVENTS: Final = (
    EventType(
        "events.subscription_created",
        SUBSCRIPTION,
        "A subscription to events was made; its target is kept without its path.",
        data=_FACTS,
        texts=_TEXTS,
    ),
    EventType(
        "events.subscription_updated",
        SUBSCRIPTION,
        "What a subscription selects, or where it sends, was changed; the actor is its owner now.",
        data=_FACTS,
        texts=_TEXTS,
    ),
    EventType("events.subscription_deleted", SUBSCRIPTION, "A subscription was deleted.", data=_FACTS, texts=_TEXTS),
    EventType(
        "events.subscription_disabled",
        SUBSCRIPTION,
        "A subscription was switched off: `by_hand`, `failing` for five days, its receiver is `gone`, its address or "
        "secret is `unreadable` under the server's secret keys, or its delivery is `broken` by a defect.",
        data={"revision": INTEGER, "reason": TEXT},
    ),
    EventType(
        "events.subscription_enabled", SUBSCRIPTION, "A subscription was switched on.", data={"revision": INTEGER}
    ),
    EventType(
        "events.subscription_secret_rotated",
        SUBSCRIPTION,
        "A new secret was issued; the old ones stay good for the overlap.",
        data={"revision": INTEGER, "overlap_seconds": INTEGER},
    ),
    EventType(
        "events.subscription_replayed",
        SUBSCRIPTION,
        "Everything is sent again from a place in the log on.",
        data={"from_seq": INTEGER},
    ),
    EventType("events.subscription_tested", SUBSCRIPTION, "A test was sent to a subscription's receiver.", data={}),
    EventType(
        "events.subscription_event_resent",
        SUBSCRIPTION,
        "One event was sent again out of turn, because somebody asked.",
        data={"seq": INTEGER},
    ),
    EventType("events.job_retried", JOB, "A dead background job was made ready again.", data=_JOB),
    EventType("events.job_cancelled", JOB, "A background job was taken out of the queue.", data=_JOB),
)
