"""Somebody may answer in the place of somebody else, from one time to another."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from modelkeep.domains.governance.domain.requests import check_text, some_text
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

LONGEST: Final = timedelta(days=90)
"""How long a delegation lasts at most."""


class DelegationNotFoundError(RegistryError):
    """There is no such delegation of the actor's."""

    kind = Kind.NOT_FOUND
    code = "governance.delegation_not_found"


class SelfDelegationError(InvalidValueError):
    """Nobody delegates to themselves."""

    code = "governance.self_delegation"


@dataclass(frozen=True, slots=True)
class Delegation:
    """From one time to another, `delegate` may answer requests in the place of `delegator`, on a scope."""

    id: str
    delegator: PrincipalId
    delegate: PrincipalId
    scope: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    made_at: datetime
    ended_at: datetime | None = None

    def checked(self) -> Self:
        """Return it, or refuse it.

        Raises:
            SelfDelegationError: it is to who makes it.
            InvalidValueError: it is over already, lasts too long, or the reason is too long.
        """
        if self.delegate == self.delegator:
            raise SelfDelegationError("you cannot delegate to yourself; name somebody else")
        if self.ends_at <= max(self.starts_at, self.made_at):
            raise InvalidValueError("the delegation would be over before it begins")
        if self.ends_at - self.starts_at > LONGEST:
            raise InvalidValueError(f"a delegation lasts at most {LONGEST.days} days; give an earlier end")
        check_text("reason", self.reason)
        return self

    def made(self, by: Actor) -> Event:
        """Return the event of its making."""
        texts = some_text("reason", self.reason)
        return Event("governance.delegation_made", self.scope, by, self.made_at, self._facts, texts)

    def end(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """End it before its time."""
        return replace(self, ended_at=at), Event("governance.delegation_ended", self.scope, by, at, self._facts)

    @property
    def _facts(self) -> dict[str, Json]:
        return {
            "delegation_id": self.id,
            "delegator": self.delegator,
            "delegate": self.delegate,
            "starts_at": timestamp(self.starts_at),
            "ends_at": timestamp(self.ends_at),
        }
