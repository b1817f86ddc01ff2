"""Bindings: who holds which role where, from one moment to another."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind

_STAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,62}")
MAX_REASON: Final = 4_096


class BindingNotFoundError(RegistryError):
    """There is no such binding now, or the actor may not see it."""

    kind = Kind.NOT_FOUND
    code = "access.binding_not_found"


class SubjectType(StrEnum):
    """What a role can be given to."""

    USER = "user"
    GROUP = "group"
    SERVICE = "service"
    CI = "ci"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who holds a role: a principal or a group, by its id."""

    type: SubjectType
    id: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A role of a subject on a scope, from one moment to another; `until` is None for now.

    `stage` limits its permissions on stages to one stage; "" does not. From `expires_at` on it grants nothing, whether
    or not somebody has ended it.
    """

    id: str
    subject: Subject
    role: str
    scope: Scope
    stage: str
    expires_at: datetime | None
    reason: str
    since: datetime
    granted_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None

    @property
    def facts(self) -> dict[str, Json]:
        """What the audit log says of it."""
        return {
            "binding_id": self.id,
            "subject_type": self.subject.type.value,
            "subject_id": self.subject.id,
            "role": self.role,
            "scope": str(self.scope),
            "stage": self.stage,
            "expires_at": None if self.expires_at is None else timestamp(self.expires_at),
        }

    def grants_at(self, at: datetime) -> bool:
        """Say whether it grants anything at that time."""
        begun = self.since <= at
        return begun and (self.until is None or at < self.until) and (self.expires_at is None or at < self.expires_at)

    def granted(self, by: Actor) -> Event:
        """Return the event of its beginning."""
        texts = {"reason": self.reason} if self.reason else {}
        return Event("access.role_granted", str(self.scope), by, self.since, self.facts, texts, after=self.facts)

    def end(self, by: Actor, at: datetime, reason: str = "") -> tuple[Self, Event]:
        """End it."""
        ended = replace(self, until=at, ended_by=by.id)
        texts = {"reason": reason} if reason else {}
        return ended, Event("access.role_revoked", str(self.scope), by, at, self.facts, texts, before=self.facts)


@dataclass(frozen=True, slots=True)
class BindingQuery:
    """Which bindings are asked for: now, or as they were at a time; those that have expired are among them."""

    subject: Subject | None = None
    role: str | None = None
    scope: Scope | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One line of an access review: a principal who holds a role somewhere, by its own binding or that of a group."""

    binding: Binding
    group: str | None
    principal: PrincipalId
    principal_name: str
    principal_kind: PrincipalKind
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class NewBinding:
    """A role that is to be given: to a principal by name or id, or to `group:NAME`."""

    subject: str
    role: str
    scope: Scope
    stage: str = ""
    expires_at: datetime | None = None
    reason: str = ""

    def checked(self, now: datetime) -> Self:
        """Return it, or refuse it.

        Raises:
            InvalidValueError: it has expired already, or the stage or reason is malformed.
        """
        if self.expires_at is not None and self.expires_at <= now:
            raise InvalidValueError(f"the role would have expired already, at {timestamp(self.expires_at)}")
        if self.stage and _STAGE.fullmatch(self.stage) is None:
            raise InvalidValueError(f"{self.stage[:80]!r} cannot name a stage, such as Production")
        if len(self.reason) > MAX_REASON or "\0" in self.reason:
            raise InvalidValueError(f"a reason has at most {MAX_REASON} characters, and no NUL")
        return self
