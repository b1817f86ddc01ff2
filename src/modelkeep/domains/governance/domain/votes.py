"""Votes on requests, and what may be attached to an approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.governance.domain.evidence_bindings import Binding, Difference
from modelkeep.kernel.canonical_json import Json, canonical_json
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import PrincipalId

MAX_CONDITIONS_BYTES: Final = 4_096
MACHINE_TERMS: Final = frozenset({"max_traffic_percent"})
"""The terms that programs act by: they are numbers, and stay when what people typed is erased."""
_PERCENT: Final = 100


class Decision(StrEnum):
    """What somebody says to a request."""

    APPROVE = "approve"
    REJECT = "reject"


class Lapse(StrEnum):
    """Why a vote no longer counts."""

    EVIDENCE = "evidence"
    EXPIRED = "expired"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an approval is given under: a text for people, terms for programs, and until when.

    `terms` are such as `{"max_traffic_percent": 25}`, which deployments honour.
    """

    text: str = ""
    terms: Mapping[str, Json] = field(default_factory=dict)
    expires_at: datetime | None = None

    def checked(self, now: datetime) -> Self:
        """Return them, or refuse them.

        Raises:
            InvalidValueError: they are too long, over already, or a term that the registry knows is malformed.
        """
        if self.expires_at is not None and self.expires_at <= now:
            raise InvalidValueError("the approval would have expired already; give a later time")
        if len(canonical_json(self.terms)) > MAX_CONDITIONS_BYTES:
            raise InvalidValueError(f"the terms of an approval have at most {MAX_CONDITIONS_BYTES} bytes")
        cap = self.terms.get("max_traffic_percent")
        if cap is not None and (isinstance(cap, bool) or not isinstance(cap, int) or not 0 <= cap <= _PERCENT):
            raise InvalidValueError("max_traffic_percent is a whole number from 0 to 100")
        return self


NO_CONDITIONS: Final = Conditions()


@dataclass(frozen=True, slots=True)
class Vote:
    """What a person said on a step of a request, in their own right or in that of who delegated it to them."""

    id: str
    request_id: str
    step: str
    voter: PrincipalId
    decision: Decision
    cast_at: datetime
    binding: Binding
    comment: str = ""
    conditions: Conditions = NO_CONDITIONS
    delegator: PrincipalId | None = None
    ended_at: datetime | None = None
    lapse: Lapse | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def people(self) -> frozenset[PrincipalId]:
        """Whose answers it is: none of them answers twice on a request."""
        return frozenset({self.voter} if self.delegator is None else {self.voter, self.delegator})

    @property
    def right_of(self) -> PrincipalId:
        """Whose role it counts for."""
        return self.delegator or self.voter

    def is_over(self, at: datetime) -> bool:
        """Say whether it was given until a time that is over."""
        return self.conditions.expires_at is not None and self.conditions.expires_at <= at

    def reason_to_lapse(self, now: Binding, at: datetime) -> Lapse | None:
        """Return why it no longer counts on an open request; None while it does."""
        if self.is_over(at):
            return Lapse.EXPIRED
        return Lapse.EVIDENCE if self.binding.differences(now) else None

    def lapsed(self, why: Lapse, differences: tuple[Difference, ...], at: datetime) -> Self:
        """Return it ended, with what is different now."""
        return replace(self, ended_at=at, lapse=why, differences=differences)
