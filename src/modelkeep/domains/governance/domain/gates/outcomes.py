"""What became of gates: one result each, and what they say together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.governance.domain.gates.facts import Snapshot
from modelkeep.domains.governance.domain.policies import Gate, GateKind, Severity
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest, digest_json

MAX_MESSAGE: Final = 2_000
"""Most characters of a gate's message."""


class GateStatus(StrEnum):
    """What a gate says: it holds, it does not, nobody can tell, an answer is awaited, or somebody took it upon them."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    PENDING = "pending"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule found: its status, what to do about it, and what of it a reader of the evidence needs.

    The same configuration, inputs and time give the same outcome.
    """

    status: GateStatus
    message: str
    evidence: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of one gate, and `snapshot`, all it looked at but for the time.

    `status` is what the gate `found`, unless a waiver took its place; the message still says what that was.
    """

    gate: Gate
    status: GateStatus
    found: GateStatus
    message: str
    evidence: Mapping[str, Json]
    snapshot: Snapshot
    config_digest: Digest
    duration: timedelta
    waiver_id: str | None = None

    def waived(self, waiver_id: str, until: datetime) -> Self:
        """Return it with a waiver in the place of what the gate found."""
        message = f"{self.message}; waived until {until.isoformat(timespec='minutes')}"
        return replace(self, status=GateStatus.WAIVED, message=message, waiver_id=waiver_id)

    @property
    def gate_id(self) -> str:
        """What the gate is called in its policy."""
        return self.gate.id

    @property
    def kind(self) -> GateKind:
        """What the gate looks at."""
        return self.gate.kind

    @property
    def severity(self) -> Severity:
        """Whether it stops the move or only warns."""
        return self.gate.severity

    @property
    def snapshot_digest(self) -> Digest:
        """The digest of all it looked at, but for the time."""
        return self.snapshot.digest

    @property
    def holds(self) -> bool:
        """Whether nothing about it stands in the way, by itself or by a waiver."""
        return self.status in (GateStatus.PASSED, GateStatus.WAIVED)

    @property
    def blocks(self) -> bool:
        """Whether it stops the move; one that only warns never does, whatever it says."""
        return self.severity is Severity.BLOCK and not self.holds


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the gates of a move say at one moment; a vote that was given on `digest` counts while it is the same."""

    results: tuple[GateResult, ...]
    digest: Digest

    @classmethod
    def of(cls, results: tuple[GateResult, ...]) -> Self:
        """Return the evaluation of results.

        Gates that count approvals are no part of the digest: a vote would end those that were given before it.
        """
        bound: list[Json] = [
            [result.gate_id, str(result.config_digest), result.status.value, str(result.snapshot_digest)]
            for result in sorted(results, key=lambda result: result.gate_id)
            if result.kind is not GateKind.APPROVAL
        ]
        return cls(results, digest_json(bound))

    @property
    def is_open(self) -> bool:
        """Whether no gate stops the move."""
        return not self.blocking

    @property
    def blocking(self) -> tuple[GateResult, ...]:
        """The gates that stop the move."""
        return tuple(result for result in self.results if result.blocks)


def passed(message: str, **evidence: Json) -> Outcome:
    """Return the outcome of a gate that holds."""
    return Outcome(GateStatus.PASSED, message[:MAX_MESSAGE], evidence)


def failed(message: str, **evidence: Json) -> Outcome:
    """Return the outcome of a gate that does not hold; the message says what to do."""
    return Outcome(GateStatus.FAILED, message[:MAX_MESSAGE], evidence)


def undecided(message: str, **evidence: Json) -> Outcome:
    """Return the outcome of a gate that nobody can judge, which blocks as one that does not hold."""
    return Outcome(GateStatus.ERROR, message[:MAX_MESSAGE], evidence)


def pending(message: str, **evidence: Json) -> Outcome:
    """Return the outcome of a gate that awaits an answer."""
    return Outcome(GateStatus.PENDING, message[:MAX_MESSAGE], evidence)


def config_digest(gate: Gate) -> Digest:
    """Return the digest of what a gate asks: its kind and configuration."""
    return digest_json({"kind": gate.kind.value, "config": gate.config})
