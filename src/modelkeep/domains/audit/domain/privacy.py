"""Erasure, legal holds and retention: what may leave the log's erasable side, and what forbids it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

ERASED: Final = "(erased)"
"""What stands where a text was that somebody erased, outside of the log."""
MAX_REASON: Final = 1000
SHOWN_HOLDS: Final = 10


class OnHoldError(RegistryError):
    """A legal hold keeps what was to be erased."""

    kind = Kind.BLOCKED
    code = "audit.on_hold"


class HoldNotFoundError(RegistryError):
    """There is no such legal hold, or it was released."""

    kind = Kind.NOT_FOUND
    code = "audit.hold_not_found"


class InvalidErasureError(InvalidValueError):
    """It is not said what to erase, or why, or it would be the caller's own principal."""

    code = "audit.invalid_erasure"


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a scope: nothing about it is erased or pruned before it is released."""

    id: str
    scope: str
    reason: str
    placed_at: datetime
    placed_by: PrincipalId
    released_at: datetime | None = None
    released_by: PrincipalId | None = None

    def placed(self, by: Actor) -> Event:
        """Return the event of placing it."""
        texts = {"reason": self.reason}
        return Event("audit.hold_placed", self.scope, by, self.placed_at, {"hold_id": self.id}, texts)

    def release(self, by: Actor, at: datetime, reason: str) -> tuple[Self, Event]:
        """End it."""
        event = Event("audit.hold_released", self.scope, by, at, {"hold_id": self.id}, {"reason": checked(reason)})
        return replace(self, released_at=at, released_by=by.id), event


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to be erased: the texts of entries about something, or all that is personal of a principal.

    Args:
        reason: why; it is kept as a text of the entry that the erasure makes.
        subject: what the entries are about, exactly; `within`, a namespace or model and all in it.
        principal: the id of somebody whose name goes, with the texts of all entries they made or that are about them.
        fields: the names of the texts, such as `message`; none means all of them.
    """

    reason: str
    subject: str | None = None
    within: str | None = None
    principal: str | None = None
    fields: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse one that says nothing, or too much.

        Raises:
            InvalidErasureError: not exactly one of `subject`, `within` and `principal` is given, or no reason.
        """
        if sum(value is not None for value in (self.subject, self.within, self.principal)) != 1:
            raise InvalidErasureError("say what to erase: one of subject, within and principal")
        if self.principal is not None and self.fields:
            raise InvalidErasureError("all texts of a principal are erased; fields are for subject and within")
        checked(self.reason)

    @property
    def queries(self) -> tuple[EntryQuery, ...]:
        """Which entries lose their texts, but for those that say of an erasure of the principal and why."""
        if self.principal is not None:
            return EntryQuery(actor=self.principal), EntryQuery(subject=self.principal)
        return (EntryQuery(subject=self.subject, within=self.within),)

    def erased(self, by: Actor, at: datetime, *, texts: int) -> Event:
        """Return the event that says so; what was asked for is itself a text, for it may be personal."""
        data: dict[str, Json] = {"texts": texts}
        said = {"reason": self.reason} | ({"fields": "\n".join(self.fields)} if self.fields else {})
        if self.principal is not None:
            return Event("audit.principal_erased", self.principal, by, at, data, said)
        return Event("audit.texts_erased", self.within or self.subject or "", by, at, data, said)


def checked(reason: str) -> str:
    """Return a reason, or refuse one that is empty or too long."""
    if not reason.strip() or len(reason) > MAX_REASON:
        raise InvalidErasureError(f"say why, in at most {MAX_REASON} characters: the log keeps the reason")
    return reason


def refuse_if_held(holds: Sequence[Hold]) -> None:
    """Refuse to erase what is on hold.

    Raises:
        OnHoldError: there are such holds; the details list some.
    """
    if holds:
        scopes = ", ".join(hold.scope for hold in holds[:SHOWN_HOLDS])
        raise OnHoldError(
            f"a legal hold keeps this ({scopes}): release it first, see 'modelkeep audit holds'",
            holds=[hold.id for hold in holds[:SHOWN_HOLDS]],
        )


def pruned(by: Actor, at: datetime, *, before_seq: int, entries: int) -> Event:
    """Return the event of pruning the bodies of entries with a lower number."""
    return Event("audit.entries_pruned", "*", by, at, {"before_seq": before_seq, "entries": entries})


def bodies_gone_before(leaf: bytes) -> int:
    """Return below which number an entry says that bodies were pruned: 0 if it is of something else."""
    if b"audit.entries_pruned" not in leaf:
        return 0
    said = json.loads(leaf)
    return int(said["data"]["before_seq"]) if said["action"] == "audit.entries_pruned" else 0
