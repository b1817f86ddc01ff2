"""Attempts to deliver, and what follows from them: the next attempt, the next event, or the end."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

DEAD_AFTER: Final = timedelta(hours=24)
"""How long one event is tried before it is given up, and the next one's turn comes."""

DISABLED_AFTER: Final = timedelta(days=5)
"""How long a subscription may fail without a single success before it is disabled."""

KEPT_FOR: Final = timedelta(days=30)
"""How long the log of deliveries is kept."""

EXCERPT_BYTES: Final = 1024
_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_GONE: Final = 410


class Outcome(StrEnum):
    """How an attempt ended; after `dead` the event is not tried again by itself."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"


class Purpose(StrEnum):
    """Why something was sent: in its turn, again because somebody asked, or as a test."""

    EVENT = "event"
    REPLAY = "replay"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: the status if there was an answer, and the beginning of its body or what went wrong."""

    delivered: bool
    status: int | None
    latency_ms: int
    excerpt: str

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it does not want to hear anything any more."""
        return self.status == _GONE


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt, as the log of deliveries keeps it; a test is about no event of the log."""

    id: str
    subscription_id: str
    seq: int | None
    type: str
    purpose: Purpose
    attempt: int
    outcome: Outcome
    status: int | None
    latency_ms: int
    excerpt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a subscription has come: all up to `cursor` is done with.

    `epoch` grows when somebody moves the cursor, so that what was under way does not count. `attempts` and
    `blocked_since` are of the event after the cursor, `failing_since` goes back to the last success.
    """

    cursor: int
    epoch: int = 0
    attempts: int = 0
    blocked_since: datetime | None = None
    failing_since: datetime | None = None

    def passed(self, seq: int) -> Self:
        """Return the progress after events that were not for this subscription."""
        return replace(self, cursor=seq)

    def delivered(self, seq: int) -> Self:
        """Return the progress after a success."""
        return replace(self, cursor=seq, attempts=0, blocked_since=None, failing_since=None)

    def failed(self, seq: int, now: datetime) -> tuple[Self, Outcome]:
        """Return the progress after a failure, and whether the event is given up."""
        blocked, failing = self.blocked_since or now, self.failing_since or now
        if now - blocked >= DEAD_AFTER:
            return replace(self, cursor=seq, attempts=0, blocked_since=None, failing_since=failing), Outcome.DEAD
        waiting = replace(
            self, cursor=seq - 1, attempts=self.attempts + 1, blocked_since=blocked, failing_since=failing
        )
        return waiting, Outcome.FAILED

    def hopeless(self, now: datetime) -> bool:
        """Say whether the subscription has failed for so long that it should be disabled."""
        return self.failing_since is not None and now - self.failing_since >= DISABLED_AFTER

    def moved(self, cursor: int) -> Self:
        """Return the progress of a subscription that is to begin anew after `cursor`."""
        return replace(self, cursor=cursor, epoch=self.epoch + 1, attempts=0, blocked_since=None, failing_since=None)


def pause(attempts: int) -> timedelta:
    """Return how long to wait after that many failures: doubled each time up to an hour, half of it by chance."""
    longest: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), _LONGEST_PAUSE)
    share: float = random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret
    return longest * share
