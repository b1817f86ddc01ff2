"""Policies and their assignments on the wire."""

from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.governance import (
    Assignment,
    FindingSeverity,
    GoverningPolicy,
    Linted,
    NewAssignment,
    PlacedFinding,
    PublishedPolicy,
)
from modelkeep.kernel.events import Receipt


class PolicySourceIn(In):
    """A policy document."""

    source: str = Field(description="YAML, or JSON; at most 131,072 characters")


class AssignmentIn(In):
    """A version of a policy that is to govern a scope."""

    scope: str = Field(description="`*` for the registry, a namespace, or `namespace/model`", examples=["fraud"])
    policy: str = Field(examples=["default"])
    number: int | None = Field(None, ge=1, le=2**31 - 1, description="Which version; by default the newest")
    reason: str = ""

    def value(self) -> NewAssignment:
        """Return it as the domain takes it."""
        return NewAssignment(self.scope, self.policy, self.number, self.reason)


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


class LintOut(Out):
    """What is wrong with a policy document; one without errors can be published."""

    publishable: bool
    findings: list[FindingOut]

    @classmethod
    def of(cls, linted: Linted) -> Self:
        """Present what the linter says."""
        return cls(publishable=linted.is_good, findings=[FindingOut.of(placed) for placed in linted.findings])


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
