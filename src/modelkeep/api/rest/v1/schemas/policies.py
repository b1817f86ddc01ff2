"""Policies and their assignments on the wire."""

from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.governance import (
    AffectedRequest,
    Assignment,
    ChangeKind,
    FindingSeverity,
    GateResult,
    GateStatus,
    GoverningPolicy,
    Holder,
    LintedAgainst,
    PlacedFinding,
    Plan,
    PolicyChange,
    Proposal,
    PublishedPolicy,
    Stranded,
    Trial,
    Trials,
    TriedVersion,
)
from modelkeep.kernel.events import Receipt


class PolicySourceIn(In):
    """A policy document."""

    source: str = Field(description="YAML, or JSON; at most 131,072 characters")


class LintIn(PolicySourceIn):
    """A policy document to hold against what it would govern."""

    against: str | None = Field(
        None,
        description="`*` for the registry, a namespace, or `namespace/model`: new expressions are tried there",
        examples=["fraud/scorer"],
    )


class ProposalIn(In):
    """A policy that is to govern a scope: one that is published, or the source of one."""

    scope: str = Field(description="`*` for the registry, a namespace, or `namespace/model`", examples=["fraud"])
    policy: str | None = Field(None, examples=["default"])
    number: int | None = Field(None, ge=1, le=2**31 - 1, description="Which version; by default the newest")
    source: str | None = Field(None, description="YAML, or JSON, instead of a `policy` that is published")

    def proposal(self) -> Proposal:
        """Return it as the domain takes it.

        Raises:
            InvalidValueError: it names no policy, or two.
        """
        return Proposal(self.scope, self.policy, self.number, self.source)


class AssignmentIn(ProposalIn):
    """A policy that governs a scope from now on; a `source` is published in the same step."""

    plan: str | None = Field(None, description="The digest of the plan that this is held to")
    reason: str = ""


class FindingOut(Out):
    """One thing that is wrong with a policy document; line and column count from 1."""

    line: int
    column: int
    severity: FindingSeverity
    code: str
    path: list[str | int]
    message: str

    @classmethod
    def of(cls, placed: PlacedFinding) -> Self:
        """Present a finding."""
        found = placed.finding
        return cls(
            line=placed.line,
            column=placed.column,
            severity=found.severity,
            code=found.code,
            path=list(found.path),
            message=found.message,
        )


class TriedVersionOut(Out):
    """What an expression says of a version."""

    version: str
    status: GateStatus
    message: str
    missing: list[str] = Field(description="What the expression names and the version does not have on record")

    @classmethod
    def of(cls, tried: TriedVersion) -> Self:
        """Present a version."""
        return cls(version=tried.reference, status=tried.status, message=tried.message, missing=list(tried.missing))


class TrialOut(Out):
    """A `cel` gate that would be new, as if each version made its move now."""

    gate: str
    from_stage: str
    to_stage: str
    expression: str
    versions: list[TriedVersionOut] = Field(description="The newest that the caller may read, at most 20")

    @classmethod
    def of(cls, trial: Trial) -> Self:
        """Present a trial."""
        return cls(
            gate=trial.gate.id,
            from_stage=trial.move.source,
            to_stage=trial.move.target,
            expression=str(trial.gate.config["expression"]),
            versions=[TriedVersionOut.of(tried) for tried in trial.versions],
        )


class TrialsOut(Out):
    """What came of the expressions that the policy which governs there does not have; they bind nothing."""

    tried: list[TrialOut]
    not_tried: int = Field(description="How many expressions were not tried: 50 are")

    @classmethod
    def of(cls, trials: Trials) -> Self:
        """Present trials."""
        return cls(tried=[TrialOut.of(trial) for trial in trials.tried], not_tried=trials.more)


class LintOut(Out):
    """What is wrong with a policy document; one without errors can be published."""

    publishable: bool
    findings: list[FindingOut]
    trials: TrialsOut | None = Field(description="Null unless `against` was given, and the document has no errors")

    @classmethod
    def of(cls, found: LintedAgainst) -> Self:
        """Present what the linter says, and what came of trials."""
        return cls(
            publishable=found.linted.is_good,
            findings=[FindingOut.of(placed) for placed in found.linted.findings],
            trials=None if found.trials is None else TrialsOut.of(found.trials),
        )


class PolicySummaryOut(Out):
    """A version of a policy, without its document."""

    name: str
    number: int
    digest: str = Field(description="Of the document in canonical JSON (RFC 8785)")
    description: str
    stages: list[str]
    published_at: Timestamp
    published_by: PrincipalOut

    @classmethod
    def of(cls, published: PublishedPolicy, names: Names) -> Self:
        """Present a version."""
        return cls(**_summary(published, names))


class PolicyOut(PolicySummaryOut):
    """A version of a policy."""

    document: dict[str, Any]
    source: str = Field(description="What somebody wrote")
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, published: PublishedPolicy, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a version."""
        return cls(
            **_summary(published, names),
            document=dict(published.document),
            source=published.source,
            audit=ReceiptOut.of(receipt),
        )


class AssignmentOut(Out):
    """A version of a policy on a scope, from one moment to another; `until` is null for now."""

    id: str
    scope: str
    policy: str
    number: int
    digest: str
    since: Timestamp
    set_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, assignment: Assignment, names: Names, receipt: Receipt | None = None) -> Self:
        """Present an assignment."""
        return cls(
            id=assignment.id,
            scope=assignment.scope,
            policy=assignment.policy,
            number=assignment.number,
            digest=str(assignment.digest),
            since=assignment.since,
            set_by=PrincipalOut.of(assignment.set_by, names),
            until=assignment.until,
            ended_by=None if assignment.ended_by is None else PrincipalOut.of(assignment.ended_by, names),
            audit=ReceiptOut.of(receipt),
        )


class GoverningPolicyOut(Out):
    """The policy that governs a model, and the assignment that says so."""

    assignment: AssignmentOut
    policy: PolicyOut

    @classmethod
    def of(cls, governing: GoverningPolicy, names: Names) -> Self:
        """Present both."""
        return cls(
            assignment=AssignmentOut.of(governing.assignment, names), policy=PolicyOut.of(governing.published, names)
        )


class PolicyChangeOut(Out):
    """One difference between the policy that governs now and the one that is planned."""

    kind: ChangeKind
    where: str = Field(examples=["moves[Staging to Production].gates[scan]"])
    before: Any
    after: Any

    @classmethod
    def of(cls, change: PolicyChange) -> Self:
        """Present a difference."""
        return cls(kind=change.kind, where=change.where, before=change.before, after=change.after)


class StrandedOut(Out):
    """A stage that the policy does not have, and who holds it: how many versions, and some of them."""

    stage: str
    count: int
    examples: list[str]

    @classmethod
    def of(cls, stranded: Stranded) -> Self:
        """Present a stage."""
        return cls(stage=stranded.stage, count=stranded.count, examples=list(stranded.examples))


class FailingGateOut(Out):
    """A gate that a version would not pass, and why."""

    gate: str
    kind: str
    status: str
    message: str

    @classmethod
    def of(cls, result: GateResult) -> Self:
        """Present a gate."""
        return cls(gate=result.gate_id, kind=result.kind, status=result.status, message=result.message)


class FailingHolderOut(Out):
    """A version that holds a stage which the policy would not let it into from `source`."""

    version: str
    stage: str
    source: str
    gates: list[FailingGateOut]

    @classmethod
    def of(cls, holder: Holder) -> Self:
        """Present a version."""
        gates = [FailingGateOut.of(result) for result in holder.failing]
        return cls(version=holder.reference, stage=holder.stage, source=holder.source, gates=gates)


class AffectedRequestOut(Out):
    """An open request: its votes lapse, and it can go on only if the move is allowed."""

    id: str
    version: str
    source: str
    target: str
    allowed: bool

    @classmethod
    def of(cls, request: AffectedRequest) -> Self:
        """Present a request."""
        return cls(
            id=request.id,
            version=request.reference,
            source=request.source,
            target=request.target,
            allowed=request.allowed,
        )


class PlanOut(Out):
    """What would become of a scope. `number` is null while the document is not published."""

    scope: str
    policy: str
    number: int | None
    policy_digest: str
    current: AssignmentOut
    changes_nothing: bool
    changes: list[PolicyChangeOut]
    kept: list[str] = Field(description="Scopes within that keep policies of their own")
    stranded: list[StrandedOut]
    judged: int = Field(description="How many versions that hold a stage were held against the gates")
    not_judged: int
    failing: list[FailingHolderOut]
    requests: list[AffectedRequestOut]
    trials: TrialsOut
    plan: str = Field(description="The digest of the plan; an assignment can be held to it")

    @classmethod
    def of(cls, plan: Plan, names: Names) -> Self:
        """Present a plan."""
        return cls(
            scope=plan.scope,
            policy=plan.policy.name,
            number=plan.policy.number or None,
            policy_digest=str(plan.policy.digest),
            current=AssignmentOut.of(plan.current, names),
            changes_nothing=plan.changes_nothing,
            changes=[PolicyChangeOut.of(change) for change in plan.changes],
            kept=list(plan.kept),
            stranded=[StrandedOut.of(item) for item in plan.stranded],
            judged=len(plan.holders),
            not_judged=plan.more,
            failing=[FailingHolderOut.of(holder) for holder in plan.failing],
            requests=[AffectedRequestOut.of(request) for request in plan.requests],
            trials=TrialsOut.of(plan.trials),
            plan=str(plan.digest),
        )


def _summary(published: PublishedPolicy, names: Names) -> dict[str, Any]:
    policy = published.policy
    return {
        "name": policy.name,
        "number": policy.number,
        "digest": str(policy.digest),
        "description": policy.description,
        "stages": list(published.stage_names),
        "published_at": published.published_at,
        "published_by": PrincipalOut.of(published.published_by, names),
    }
