"""Waivers: somebody takes it upon them that a gate does not hold, for a reason and for a time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

MAX_REASON: Final = 4_000
MAX_LIFE: Final = timedelta(days=366)


class WaiverNotFoundError(RegistryError):
    """There is no such waiver on the model, or it has ended."""

    kind = Kind.NOT_FOUND
    code = "governance.waiver_not_found"


class InvalidWaiverError(InvalidValueError):
    """A waiver needs a reason, and ends within a year."""

    code = "governance.invalid_waiver"


class OwnWaiverError(RegistryError):
    """Nobody waives a gate of a version that they, or an account of theirs, made or asked to promote; programs none."""

    kind = Kind.FORBIDDEN
    code = "governance.own_waiver"


class TooManyWaiversError(RegistryError):
    """A model has at most 1,000 waivers in force."""

    kind = Kind.LIMIT_EXCEEDED
    code = "governance.too_many_waivers"


@dataclass(frozen=True, slots=True)
class NewWaiver:
    """What is asked for: the gate, why, until when, and whether it is for all versions of the model."""

    gate_id: str
    reason: str
    expires_at: datetime
    whole_model: bool = False

    def checked(self, now: datetime) -> Self:
        """Return it, or refuse it.

        Raises:
            InvalidWaiverError: there is no reason, or it does not end in time.
        """
        if not self.reason.strip() or len(self.reason) > MAX_REASON or "\0" in self.reason:
            raise InvalidWaiverError(f"say why, in 1 to {MAX_REASON} characters")
        if not now < self.expires_at <= now + MAX_LIFE:
            raise InvalidWaiverError(f"a waiver ends in the future, within {MAX_LIFE.days} days; it can be given again")
        return self


@dataclass(frozen=True, slots=True)
class Waiver:
    """Leave to pass a gate, for a version or, without one, for every version of a model."""

    id: str
    gate_id: str
    model_id: str
    version_id: str | None
    model: str
    reason: str
    granted_at: datetime
    granted_by: PrincipalId
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: PrincipalId | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Say whether it counts at a time: from when it is given until it expires or is ended, whichever is first."""
        return self.granted_at <= at < min(self.expires_at, self.ended_at or self.expires_at)

    def covers(self, gate_id: str, version_id: str, parties: Collection[PrincipalId]) -> bool:
        """Say whether it is for a gate of a version; those who have a part in the version or its move gave none."""
        if self.gate_id != gate_id or self.version_id not in (None, version_id):
            return False
        return self.granted_by not in parties

    def granted(self, by: Actor) -> Event:
        """Return the event of its granting."""
        return self._event("governance.gate_waived", by, self.granted_at, {"reason": self.reason})

    def end(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """End it before it expires."""
        ended = replace(self, ended_at=at, ended_by=by.id)
        return ended, self._event("governance.waiver_ended", by, at, {})

    def expired(self, by: Actor, at: datetime) -> Event:
        """Return the event of its time being over; it has not counted since it expired, whenever this is said."""
        return self._event("governance.waiver_expired", by, at, {})

    def _event(self, name: str, by: Actor, at: datetime, texts: dict[str, str]) -> Event:
        data: dict[str, Json] = {
            "waiver_id": self.id,
            "gate_id": self.gate_id,
            "model_id": self.model_id,
            "version_id": self.version_id,
            "expires_at": timestamp(self.expires_at),
        }
        return Event(name, self.model, by, at, data, texts)
