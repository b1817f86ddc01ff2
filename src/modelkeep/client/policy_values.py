"""Policies, their assignments and plans, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """One thing that is wrong with a policy document; line and column count from 1."""

    line: int
    column: int
    severity: str
    code: str
    message: str

    @classmethod
    def read(cls, answer: Answer) -> "PolicyFinding":
        """Read what the server says."""
        place = answer.integer("line"), answer.integer("column")
        return cls(*place, answer.text("severity"), answer.text("code"), answer.text("message"))


@dataclass(frozen=True, slots=True)
class TriedVersion:
    """What an expression says of a version; `missing` is what it names and the version does not have on record."""

    version: str
    status: str
    message: str
    missing: tuple[str, ...]

    @classmethod
    def read(cls, answer: Answer) -> "TriedVersion":
        """Read what the server says."""
        return cls(answer.text("version"), answer.text("status"), answer.text("message"), answer.texts("missing"))


@dataclass(frozen=True, slots=True)
class ExpressionTrial:
    """A `cel` gate that would be new, as if each of the newest versions made its move now."""

    gate: str
    from_stage: str
    to_stage: str
    expression: str
    versions: tuple[TriedVersion, ...]

    @classmethod
    def read(cls, answer: Answer) -> "ExpressionTrial":
        """Read what the server says."""
        versions = tuple(map(TriedVersion.read, answer.items("versions")))
        move = answer.text("from_stage"), answer.text("to_stage")
        return cls(answer.text("gate"), *move, answer.text("expression"), versions)


@dataclass(frozen=True, slots=True)
class ExpressionTrials:
    """What came of a policy's new expressions; `not_tried` are those beyond the first 50."""

    tried: tuple[ExpressionTrial, ...]
    not_tried: int

    @classmethod
    def read(cls, answer: Answer) -> "ExpressionTrials":
        """Read what the server says."""
        return cls(tuple(map(ExpressionTrial.read, answer.items("tried"))), answer.integer("not_tried"))


@dataclass(frozen=True, slots=True)
class PolicyLint:
    """What is wrong with a policy document; one that is publishable has warnings at most.

    `trials` is None unless it was linted against a scope, and has no errors.
    """

    publishable: bool
    findings: tuple[PolicyFinding, ...]
    trials: ExpressionTrials | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "PolicyLint":
        """Read what the server says."""
        findings = tuple(map(PolicyFinding.read, answer.items("findings")))
        found = answer.find("trials")
        trials = None if found is None else ExpressionTrials.read(found)
        return cls(bool(answer.flag("publishable")), findings, trials, answer.document)


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of a policy; `source` is what somebody wrote, and empty in lists."""

    name: str
    number: int
    digest: str
    description: str
    stages: tuple[str, ...]
    source: str
    published_at: datetime
    published_by: Author
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Policy":
        """Read what the server says."""
        return cls(
            name=answer.text("name"),
            number=answer.integer("number"),
            digest=answer.text("digest"),
            description=answer.text("description"),
            stages=answer.texts("stages"),
            source=answer.find_text("source") or "",
            published_at=answer.time("published_at"),
            published_by=Author.read(answer.find("published_by")),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class PolicyAssignment:
    """A version of a policy on a scope, from one moment to another; `until` is None for now."""

    id: str
    scope: str
    policy: str
    number: int
    since: datetime
    set_by: Author
    until: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "PolicyAssignment":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            scope=answer.text("scope"),
            policy=answer.text("policy"),
            number=answer.integer("number"),
            since=answer.time("since"),
            set_by=Author.read(answer.find("set_by")),
            until=answer.find_time("until"),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class GoverningPolicy:
    """The policy that governs a model, and the assignment that says so."""

    policy: Policy
    assignment: PolicyAssignment
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "GoverningPolicy":
        """Read what the server says."""
        policy, assignment = Answer(answer.mapping("policy")), Answer(answer.mapping("assignment"))
        return cls(Policy.read(policy), PolicyAssignment.read(assignment), answer.document)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One difference between the policy that governs now and the one that is planned."""

    kind: str
    where: str
    before: Json
    after: Json

    @classmethod
    def read(cls, answer: Answer) -> "PolicyChange":
        """Read what the server says."""
        return cls(answer.text("kind"), answer.text("where"), answer.json("before"), answer.json("after"))


@dataclass(frozen=True, slots=True)
class StrandedStage:
    """A stage that the planned policy does not have: how many versions hold it, and some of them."""

    stage: str
    count: int
    examples: tuple[str, ...]

    @classmethod
    def read(cls, answer: Answer) -> "StrandedStage":
        """Read what the server says."""
        return cls(answer.text("stage"), answer.integer("count"), answer.texts("examples"))


@dataclass(frozen=True, slots=True)
class FailingVersion:
    """A version that holds a stage which the planned policy would not let it into, and what each gate says."""

    version: str
    stage: str
    gates: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, answer: Answer) -> "FailingVersion":
        """Read what the server says."""
        gates = tuple((gate.text("gate"), gate.text("message")) for gate in answer.items("gates"))
        return cls(answer.text("version"), answer.text("stage"), gates)


@dataclass(frozen=True, slots=True)
class AffectedRequest:
    """An open request whose votes lapse under the planned policy; it can go on only if its move is `allowed`."""

    id: str
    version: str
    source: str
    target: str
    allowed: bool

    @classmethod
    def read(cls, answer: Answer) -> "AffectedRequest":
        """Read what the server says."""
        move = answer.text("source"), answer.text("target")
        return cls(answer.text("id"), answer.text("version"), *move, bool(answer.flag("allowed")))


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """What would become of a scope if a policy governed it. `digest` is what `assign_policy` can be held to.

    `number` is None while the document is not published, `kept` are scopes within that keep policies of their own,
    `trials` what new expressions say of the newest versions there.
    """

    scope: str
    policy: str
    number: int | None
    current: PolicyAssignment
    changes_nothing: bool
    changes: tuple[PolicyChange, ...]
    kept: tuple[str, ...]
    stranded: tuple[StrandedStage, ...]
    judged: int
    not_judged: int
    failing: tuple[FailingVersion, ...]
    requests: tuple[AffectedRequest, ...]
    trials: ExpressionTrials
    digest: str
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "PolicyPlan":
        """Read what the server says."""
        return cls(
            scope=answer.text("scope"),
            policy=answer.text("policy"),
            number=answer.find_integer("number"),
            current=PolicyAssignment.read(Answer(answer.mapping("current"))),
            changes_nothing=bool(answer.flag("changes_nothing")),
            changes=tuple(map(PolicyChange.read, answer.items("changes"))),
            kept=answer.texts("kept"),
            stranded=tuple(map(StrandedStage.read, answer.items("stranded"))),
            judged=answer.integer("judged"),
            not_judged=answer.integer("not_judged"),
            failing=tuple(map(FailingVersion.read, answer.items("failing"))),
            requests=tuple(map(AffectedRequest.read, answer.items("requests"))),
            trials=ExpressionTrials.read(Answer(answer.mapping("trials"))),
            digest=answer.text("plan"),
            document=answer.document,
        )
