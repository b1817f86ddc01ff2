"""Bindings: who holds which role where, from one moment to another."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId


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
