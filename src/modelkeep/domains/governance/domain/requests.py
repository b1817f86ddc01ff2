"""Requests for promotion: a version is to move to a stage, and people say whether it may."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.references import ModelName

MAX_TEXT: Final = 8_192
"""Most characters of a reason, a comment or conditions."""


class RequestNotFoundError(RegistryError):
    """There is no such request, or the actor may not see its model."""

    kind = Kind.NOT_FOUND
    code = "governance.request_not_found"


class RequestClosedError(RegistryError):
    """The request has been decided, withdrawn, or has expired."""

    kind = Kind.BLOCKED
    code = "governance.request_closed"


class PromotionBlockedError(RegistryError):
    """The version may not move now; the details list what stands against it, and what to do."""

    kind = Kind.BLOCKED
    code = "governance.promotion_blocked"


class MoveNotAllowedError(RegistryError):
    """The policy knows no such move."""

    kind = Kind.BLOCKED
    code = "governance.move_not_allowed"


class UnknownStageError(InvalidValueError):
    """The policy has no such stage."""

    code = "governance.unknown_stage"


class VoteNotCountedError(RegistryError):
    """The actor's vote does not count on this request; nothing was kept."""

    kind = Kind.BLOCKED
    code = "governance.vote_not_counted"


class RequestStatus(StrEnum):
    """How a request stands; all but the first are final."""

    OPEN = "open"
    PROMOTED = "promoted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Manner(StrEnum):
    """How a version came to its stage, or that it may stay there."""

    APPROVED = "approved"
    AUTOMATIC = "automatic"
    BREAK_GLASS = "break_glass"
    ROLLBACK = "rollback"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """A version that is to move from the stage it holds to another, with the policy it was asked under.

    `author` is who registered the version. `policy` is the one it was made under, once it was. A renewal is for a
    version that holds the stage: `renews` is the promotion that brought it there, `source` where it came from.
    `expires_at` is None for a request that waits for ever. A promotion by break-glass ends at `reverts_at`.
    """

    id: str
    version_id: str
    model: ModelName
    version: str
    number: int
    source: str
    target: str
    reason: str
    author: PrincipalId
    requested_by: PrincipalId
    requested_at: datetime
    expires_at: datetime | None
    policy: str
    policy_number: int
    status: RequestStatus = RequestStatus.OPEN
    manner: Manner | None = None
    closed_at: datetime | None = None
    closed_by: PrincipalId | None = None
    reverts_at: datetime | None = None
    renews: str | None = None
    revision: int = 1

    @property
    def reference(self) -> str:
        """The exact reference to the version."""
        return f"{self.model}:{self.version}"

    @property
    def proposers(self) -> frozenset[PrincipalId]:
        """Who made it happen that a version came to its stage: who asked, and who did not wait for an answer."""
        alone = self.manner in (Manner.BREAK_GLASS, Manner.ROLLBACK)
        made = {self.closed_by} if alone and self.closed_by is not None else set()
        return frozenset({self.requested_by, *made})

    def status_at(self, now: datetime) -> RequestStatus:
        """Return how it stands: one that is over its time has expired, whether or not somebody has noted it."""
        over = self.status is RequestStatus.OPEN and self.expires_at is not None and self.expires_at <= now
        return RequestStatus.EXPIRED if over else self.status

    def check_open(self, now: datetime) -> None:
        """Refuse to go on with what is decided.

        Raises:
            RequestClosedError: it is.
        """
        status = self.status_at(now)
        if status is not RequestStatus.OPEN:
            raise RequestClosedError(
                f"request {self.id} is {status}; "
                f"'modelkeep promote {self.reference} {self.target} --reason TEXT' makes a new one",
                request=self.id,
                status=status.value,
            )

    def requested(self, by: Actor) -> Event:
        """Return the event of its making."""
        data: dict[str, Json] = {
            **self._facts,
            "policy": self.policy,
            "policy_number": self.policy_number,
            "expires_at": None if self.expires_at is None else timestamp(self.expires_at),
        }
        if self.renews is not None:
            data["renews"] = self.renews
        return Event("governance.promotion_requested", self.reference, by, self.requested_at, data, self._texts)

    def close(self, status: RequestStatus, by: Actor, at: datetime) -> Self:
        """Return it decided."""
        return replace(self, status=status, closed_at=at, closed_by=by.id, revision=self.revision + 1)

    def withdraw(self, by: Actor, at: datetime, reason: str) -> tuple[Self, Event]:
        """Take it back."""
        closed = self.close(RequestStatus.WITHDRAWN, by, at)
        return closed, closed.happened("governance.promotion_withdrawn", by, at, texts=some_text("reason", reason))

    def expire(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """End it: not enough people answered in time."""
        closed = self.close(RequestStatus.EXPIRED, by, at)
        return closed, closed.happened("governance.promotion_expired", by, at)

    def promoted(
        self, manner: Manner, policy: Policy, by: Actor, at: datetime, reverts_at: datetime | None = None
    ) -> Self:
        """Return it fulfilled, under the policy of now."""
        closed = self.close(RequestStatus.PROMOTED, by, at)
        return replace(closed, manner=manner, reverts_at=reverts_at, policy=policy.name, policy_number=policy.number)

    def lifted(self) -> Self:
        """Return a promotion in an emergency that does not end by itself any longer."""
        return replace(self, reverts_at=None, revision=self.revision + 1)

    def happened(
        self,
        name: str,
        by: Actor,
        at: datetime,
        data: Mapping[str, Json] | None = None,
        *,
        texts: Mapping[str, str] | None = None,
    ) -> Event:
        """Return an event about it."""
        return Event(name, self.reference, by, at, {**self._facts, **(data or {})}, texts or {})

    @property
    def _facts(self) -> dict[str, Json]:
        return {
            "request_id": self.id,
            "version_id": self.version_id,
            "number": self.number,
            "from_stage": self.source,
            "to_stage": self.target,
        }

    @property
    def _texts(self) -> Mapping[str, str]:
        return some_text("reason", self.reason)


def some_text(name: str, text: str) -> Mapping[str, str]:
    """Return a text of an event, if there is any."""
    return {name: text} if text else {}


def check_text(name: str, text: str, *, needed: bool = False) -> str:
    """Return what somebody typed, or refuse it.

    Raises:
        InvalidValueError: it is too long, holds NUL, or is missing.
    """
    if len(text) > MAX_TEXT or "\0" in text:
        raise InvalidValueError(f"{name}: at most {MAX_TEXT} characters, and no NUL")
    if needed and not text.strip():
        raise InvalidValueError(f"{name} is missing: it is kept for those who read the log")
    return text
