"""What would become of a scope if a policy governed it."""

from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.governance.domain.assignments import Assignment
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult
from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.policy_changes import PolicyChange
from modelkeep.domains.governance.domain.trials import Trials
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest, digest_json
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

MAX_HOLDERS: Final = 200
"""Most versions that a plan judges by the gates of the new policy."""
MAX_REQUESTS: Final = 200
"""Most open requests that a plan names."""
SHOWN: Final = 10
"""Most versions that a plan names of those whose stage the new policy does not have."""


class PlanChangedError(RegistryError):
    """What was planned is not what would be done now: something has changed since."""

    kind = Kind.CONFLICT
    code = "governance.plan_changed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody would have govern a scope: a policy that is published, or the source of one that may not be.

    Raises:
        InvalidValueError: it is both, or neither.
    """

    scope: str
    policy: str | None = None
    number: int | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse what names no policy, or two."""
        if (self.policy is None) == (self.source is None):
            raise InvalidValueError("name a `policy`, or send the `source` of one; one of the two")
        if self.source is not None and self.number is not None:
            raise InvalidValueError("a `source` has no `number` yet; leave it out")


@dataclass(frozen=True, slots=True)
class Stranded:
    """A stage that the new policy does not have, and who holds it: how many versions, and some of them."""

    stage: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A version, the stage it holds, and what the gates say that the new policy puts before it.

    `source` is where a version would come from: of several moves into the stage, that with the fewest gates against it.
    """

    reference: str
    version_id: str
    stage: str
    source: str
    evaluation: Evaluation

    @property
    def failing(self) -> tuple[GateResult, ...]:
        """The gates that would stop it."""
        return self.evaluation.blocking


@dataclass(frozen=True, slots=True)
class AffectedRequest:
    """An open request, whose votes lapse when another policy governs; and whether that policy still has its move."""

    id: str
    reference: str
    source: str
    target: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a proposal comes to.

    `policy` has number 0 while its document is not published. `current` governs the scope now. `own` says whether that
    is on the scope itself, `kept` are scopes within that keep policies of their own. Of the versions that hold a stage,
    `judged` were held against the gates, and `more` were not. `trials` are what new expressions say of the newest
    versions that the actor may see, whatever stage those hold; they show what is new, and bind nothing.
    """

    scope: str
    policy: Policy
    current: Assignment
    changes: tuple[PolicyChange, ...]
    kept: tuple[str, ...]
    stranded: tuple[Stranded, ...]
    holders: tuple[Holder, ...]
    more: int
    requests: tuple[AffectedRequest, ...]
    trials: Trials = field(default_factory=Trials)

    @property
    def is_published(self) -> bool:
        """Whether there is a version with this document."""
        return self.policy.number > 0

    @property
    def own(self) -> bool:
        """Whether the scope has a policy of its own now."""
        return self.current.scope == self.scope

    @property
    def changes_nothing(self) -> bool:
        """Whether this very version is assigned to the scope already."""
        return self.own and self.current.digest == self.policy.digest and self.is_published

    @property
    def failing(self) -> tuple[Holder, ...]:
        """Those who hold a stage that the new policy would not let them into."""
        return tuple(holder for holder in self.holders if holder.failing)

    @property
    def digest(self) -> Digest:
        """What the plan is held to: everything in it but trials, and what each gate looked at."""
        said: dict[str, Json] = {
            "scope": self.scope,
            "policy": self.policy.name,
            "digest": str(self.policy.digest),
            "published": self.is_published,
            "current": self.current.id,
            "kept": list(self.kept),
            "stranded": [[item.stage, item.count, list(item.examples)] for item in self.stranded],
            "holders": [
                [item.version_id, item.stage, item.source, str(item.evaluation.digest)] for item in self.holders
            ],
            "more": self.more,
            "requests": [[item.id, item.allowed] for item in self.requests],
        }
        return digest_json(said)
