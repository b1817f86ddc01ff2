"""A policy as data: the lifecycle of versions, and what each move from stage to stage asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest


class GateKind(StrEnum):
    """What a gate looks at."""

    CEL = "cel"
    CARD_SCHEMA = "card_schema"
    APPROVAL = "approval"
    FORMAT = "format"
    SCAN_PASS = "scan_pass"  # noqa: S105 - the name of a gate
    SIGNATURE = "signature"
    LINEAGE_PRESENT = "lineage_present"
    METRIC_COMPARE = "metric_compare"
    EXTERNAL = "external"
    MAX_AGE = "max_age"


class Severity(StrEnum):
    """Whether a gate that does not hold stops the move, or is only shown."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Gate:
    """A question about the version that a move asks; `config` is what its kind takes."""

    id: str
    kind: GateKind
    severity: Severity = Severity.BLOCK
    description: str = ""
    config: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain: so many distinct people who hold the role on the model.

    When nobody has answered for `escalate_after`, those who hold `escalate_to` may answer in their place.
    """

    name: str
    role: str
    approvals: int = 1
    escalate_after: timedelta | None = None
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The approvals that a move needs: its steps one after the other, or in any order.

    A request that is not complete within `expires_after` expires; None is never.
    """

    steps: tuple[Step, ...] = ()
    ordered: bool = False
    expires_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the lifecycle; an exclusive one is held by one version of a model at a time.

    `replaced_to` is where the holder of an exclusive stage goes when another version takes it.
    """

    name: str
    description: str = ""
    exclusive: bool = False
    replaced_to: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """An allowed move from one stage to another; an automatic one is made as soon as its request is complete."""

    source: str
    target: str
    chain: Chain = Chain()
    gates: tuple[Gate, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Promotion in an emergency, without the chain: who may, for how long it holds, when it must be reviewed."""

    role: str
    expires_after: timedelta
    review_within: timedelta


@dataclass(frozen=True, slots=True)
class Rollback:
    """Going back to a version that held the stage before: whether lapsed approvals stop it, and the review after."""

    needs_valid_approvals: bool = False
    held_within: timedelta | None = None
    review_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A published version of a policy; `digest` is that of its document in canonical JSON.

    The first stage is the one that versions start in. `review_every` is the cadence of periodic review by stage,
    `retention` how long what belongs to a class of records is kept.
    """

    name: str
    number: int
    digest: Digest
    stages: tuple[Stage, ...]
    moves: tuple[Move, ...]
    description: str = ""
    rollback: Rollback = Rollback()
    break_glass: BreakGlass | None = None
    review_every: Mapping[str, timedelta] = field(default_factory=dict)
    retention: Mapping[str, timedelta] = field(default_factory=dict)

    def stage(self, name: str) -> Stage | None:
        """Return a stage by its name, whatever the case of its letters."""
        return next((stage for stage in self.stages if stage.name.lower() == name.lower()), None)

    def move(self, source: str, target: str) -> Move | None:
        """Return the move from one stage to another, where it is allowed."""
        return next((move for move in self.moves if (move.source, move.target) == (source, target)), None)
