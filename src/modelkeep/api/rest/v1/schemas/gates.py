"""Gates, waivers and checks by other systems on the wire."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any, Self

from pydantic import AwareDatetime, Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.governance import (
    Answer,
    AskedCheck,
    CheckedGates,
    ExternalCheck,
    GateKind,
    GateResult,
    GateStatus,
    NewWaiver,
    Severity,
    Waiver,
)
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.events import Receipt


class GateResultOut(Out):
    """What one gate says."""

    gate: str
    kind: GateKind
    severity: Severity
    description: str
    status: GateStatus
    blocks: bool = Field(description="Whether it stops the move")
    message: str = Field(description="What is wrong, and what to do about it")
    evidence: Mapping[str, Any]
    config_digest: str
    snapshot_digest: str = Field(description="Digest of all it looked at, but for the time")
    duration_us: int
    waiver: str | None = Field(description="The id of the waiver that took the place of what the gate found")

    @classmethod
    def of(cls, result: GateResult) -> Self:
        """Present a result."""
        return cls(
            gate=result.gate_id,
            kind=result.kind,
            severity=result.severity,
            description=result.gate.description,
            status=result.status,
            blocks=result.blocks,
            message=result.message,
            evidence=result.evidence,
            config_digest=str(result.config_digest),
            snapshot_digest=str(result.snapshot_digest),
            duration_us=result.duration // timedelta(microseconds=1),
            waiver=result.waiver_id,
        )


class GatesOut(Out):
    """What the gates of a move say of a version now."""

    reference: str
    from_stage: str
    to_stage: str
    policy: str
    policy_version: int
    open: bool = Field(description="Whether no gate stops the move; approvals are another matter")
    digest: str = Field(description="What votes are bound to: it changes with what is asked, seen or found")
    gates: list[GateResultOut]

    @classmethod
    def of(cls, checked: CheckedGates) -> Self:
        """Present an evaluation."""
        return cls(
            reference=checked.version.reference,
            from_stage=checked.move.source,
            to_stage=checked.move.target,
            policy=checked.policy.name,
            policy_version=checked.policy.number,
            open=checked.evaluation.is_open,
            digest=str(checked.evaluation.digest),
            gates=[GateResultOut.of(result) for result in checked.evaluation.results],
        )


class WaiverIn(In):
    """A waiver to give."""

    gate: str = Field(min_length=1, max_length=63, examples=["scan"])
    reason: str = Field(description="Why it is right to pass, for those who read it later")
    expires_at: AwareDatetime = Field(description="When the gate blocks again, within a year")
    whole_model: bool = Field(default=False, description="For every version of the model, those to come included")

    def value(self) -> NewWaiver:
        """Return what the use case takes."""
        return NewWaiver(self.gate, self.reason, self.expires_at.astimezone(UTC), self.whole_model)


class WaiverOut(Out):
    """A waiver."""

    id: str
    gate: str
    model: str
    version_id: str | None = Field(description="The version it is for; none is every version of the model")
    reason: str
    granted_at: Timestamp
    granted_by: PrincipalOut
    expires_at: Timestamp
    ended_at: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, waiver: Waiver, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a waiver."""
        return cls(
            id=waiver.id,
            gate=waiver.gate_id,
            model=waiver.model,
            version_id=waiver.version_id,
            reason=waiver.reason,
            granted_at=waiver.granted_at,
            granted_by=PrincipalOut.of(waiver.granted_by, names),
            expires_at=waiver.expires_at,
            ended_at=waiver.ended_at,
            ended_by=None if waiver.ended_by is None else PrincipalOut.of(waiver.ended_by, names),
            audit=ReceiptOut.of(receipt),
        )


class ExternalCheckIn(In):
    """A question to another system."""

    minutes: int = Field(default=24 * 60, ge=1, le=7 * 24 * 60, description="How long the token lives")


class ExternalCheckOut(Out):
    """A check by another system."""

    id: str
    gate: str
    reference: str
    asked_at: Timestamp
    expires_at: Timestamp
    passed: bool | None
    posted_at: Timestamp | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, check: ExternalCheck, receipt: Receipt | None = None) -> Self:
        """Present a check."""
        return cls(**_facts(check), audit=ReceiptOut.of(receipt))


class AskedCheckOut(ExternalCheckOut):
    """A check that was just asked for, and the token that answers it, which is shown only now."""

    token: str

    @classmethod
    def of_asked(cls, asked: AskedCheck, receipt: Receipt | None) -> Self:
        """Present it with its token."""
        return cls(**_facts(asked.check), token=asked.token, audit=ReceiptOut.of(receipt))


class AnswerIn(In):
    """What another system says."""

    token: str = Field(min_length=1, max_length=128)
    passed: bool
    details: str = Field(default="", description="For people: what was checked, where to read more")

    def value(self) -> Answer:
        """Return what the use case takes."""
        return Answer(self.passed, self.details)


def _facts(check: ExternalCheck) -> dict[str, Any]:
    facts: dict[str, Json | object] = {
        "id": check.id,
        "gate": check.gate_id,
        "reference": check.reference,
        "asked_at": check.asked_at,
        "expires_at": check.expires_at,
        "passed": None if check.answer is None else check.answer.passed,
        "posted_at": check.posted_at,
    }
    return facts
