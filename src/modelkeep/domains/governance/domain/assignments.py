"""Published versions of policies, and where they are assigned, from one moment to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.kernel.canonical_json import Json as CanonicalJson
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

MAX_REASON: Final = 4_096


class PolicyNotFoundError(RegistryError):
    """There is no such policy, or no such version of it."""

    kind = Kind.NOT_FOUND
    code = "governance.policy_not_found"


class NoPolicyInForceError(RegistryError):
    """The registry had no policy yet at the time that is asked about."""

    kind = Kind.NOT_FOUND
    code = "governance.no_policy_in_force"


class AssignmentNotFoundError(RegistryError):
    """There is no such assignment now, or the caller may not see it."""

    kind = Kind.NOT_FOUND
    code = "governance.assignment_not_found"


class RegistryNeedsPolicyError(RegistryError):
    """The registry always has a policy; another one can take its place."""

    kind = Kind.BLOCKED
    code = "governance.registry_needs_policy"


class StageNameTakenError(RegistryError):
    """A policy would have a stage that aliases are called like; the details list some."""

    kind = Kind.BLOCKED
    code = "governance.stage_name_taken"


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """A version of a policy as it was published: what it means, its document, and the source that somebody wrote."""

    policy: Policy
    document: Mapping[str, CanonicalJson]
    source: str
    published_at: datetime
    published_by: PrincipalId

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The names of its stages."""
        return tuple(stage.name for stage in self.policy.stages)

    def published(self, by: Actor) -> Event:
        """Return the event of its publication."""
        policy = self.policy
        data: dict[str, Json] = {
            "policy": policy.name,
            "number": policy.number,
            "digest": str(policy.digest),
            "stages": list(self.stage_names),
        }
        return Event("governance.policy_published", policy.name, by, self.published_at, data, after=data)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A version of a policy on a scope, from one moment to another; `until` is None for now.

    `scope` is `*`, a namespace or `namespace/model`.
    """

    id: str
    scope: str
    policy: str
    number: int
    digest: Digest
    since: datetime
    set_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None

    @property
    def facts(self) -> dict[str, Json]:
        """What the audit log says of it."""
        return {
            "assignment_id": self.id,
            "scope": self.scope,
            "policy": self.policy,
            "number": self.number,
            "digest": str(self.digest),
        }

    def holds_at(self, at: datetime) -> bool:
        """Say whether it holds at a time."""
        return self.since <= at and (self.until is None or at < self.until)

    def assigned(self, by: Actor, previous: "Assignment | None", reason: str) -> Event:
        """Return the event of its beginning; `previous` is the one on the same scope that it ends."""
        data = {
            **self.facts,
            "previous_policy": previous.policy if previous else None,
            "previous_number": previous.number if previous else None,
        }
        before = previous.facts if previous else None
        texts = _texts(reason)
        return Event(
            "governance.policy_assigned", self.scope, by, self.since, data, texts, before=before, after=self.facts
        )

    def end(self, by: Actor, at: datetime, reason: str) -> tuple[Self, Event]:
        """End it."""
        event = Event("governance.policy_unassigned", self.scope, by, at, self.facts, _texts(reason), self.facts)
        return replace(self, until=at, ended_by=by.id), event

    def as_known(self, at: datetime | None) -> Self:
        """Return it as it was known at a time: one that ended later was open."""
        if at is None or self.until is None or self.until <= at:
            return self
        return replace(self, until=None, ended_by=None)


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """The policy that governs a model, and the assignment that says so."""

    policy: Policy
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class GoverningPolicy:
    """The policy that governs a model as it was published, and the assignment that says so."""

    published: PublishedPolicy
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class NewAssignment:
    """A version of a policy that is to be assigned; the newest where no number is given."""

    scope: str
    policy: str
    number: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AssignmentQuery:
    """Which assignments are asked for: those in force now or at a time, or with `history` all that had begun."""

    scope: str | None = None
    policy: str | None = None
    history: bool = False
    as_of: datetime | None = None


def governing_since(assignments: Sequence[Assignment], since: datetime) -> tuple[Assignment, ...]:
    """Return those that governed a scope at some moment from a time until now.

    `assignments` are all on the scope and on what contains it that held in that time, the most specific scope first.
    """
    begins = {since, *(at for one in assignments for at in (one.since, one.until) if at is not None and at > since)}
    found = (next((one for one in assignments if one.holds_at(at)), None) for at in begins)
    return tuple({one.id: one for one in found if one is not None}.values())


def check_reason(reason: str) -> str:
    """Return a reason, or refuse it.

    Raises:
        InvalidValueError: it is too long, or holds NUL.
    """
    if len(reason) > MAX_REASON or "\0" in reason:
        raise InvalidValueError(f"a reason has at most {MAX_REASON} characters, and no NUL")
    return reason


def moment_after(last: datetime | None, now: datetime) -> datetime:
    """Return when an assignment begins or ends: now, but after the last change, whatever the clocks of servers say."""
    return now if last is None else max(now, last + timedelta(microseconds=1))


def no_such_policy(name: str, number: int | None = None) -> PolicyNotFoundError:
    """Return the error for a policy, or a version of one, that nobody has published."""
    if number is not None:
        return PolicyNotFoundError(
            f"policy {name} has no version {number}; 'modelkeep policy history {name}' lists them", policy=name
        )
    return PolicyNotFoundError(f"there is no policy {name}; 'modelkeep policy list' shows those there are", policy=name)


def _texts(reason: str) -> Mapping[str, str]:
    return {"reason": reason} if reason else {}
