"""Policies, gates, approvals and promotion: which version may hold which stage, and who said so on what evidence."""

from modelkeep.domains.governance.domain.assignments import (
    Assignment,
    AssignmentQuery,
    EffectivePolicy,
    GoverningPolicy,
    NewAssignment,
    PublishedPolicy,
)
from modelkeep.domains.governance.domain.findings import Finding, FindingSeverity, PlacedFinding
from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.kinds import check_config
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult, GateStatus
from modelkeep.domains.governance.domain.policies import (
    BreakGlass,
    Chain,
    Gate,
    GateKind,
    Move,
    Policy,
    Rollback,
    Severity,
    Stage,
    Step,
)
from modelkeep.domains.governance.domain.policy_documents import policy_schema
from modelkeep.domains.governance.domain.signatures import CheckedSignature, Signature, VerifiedSignature
from modelkeep.domains.governance.domain.signing_keys import KeyKind, NewTrust, TrustedKey
from modelkeep.domains.governance.operations import effective_policy, first_stage, policy_of
from modelkeep.domains.governance.service import SHIPPED, GovernanceServices, Linted, PolicyService
from modelkeep.domains.governance.service.counter_signing import CounterSigner
from modelkeep.domains.governance.service.gates import CelEngine, GateEvaluator
from modelkeep.domains.governance.service.signatures import SignatureService
from modelkeep.domains.governance.service.signing import SigningServices
from modelkeep.domains.governance.service.signing_keys import SigningKeyService
from modelkeep.domains.governance.service.verification import verified_signatures

__all__ = [
    "SHIPPED",
    "Assignment",
    "AssignmentQuery",
    "BreakGlass",
    "CelEngine",
    "Chain",
    "CheckedSignature",
    "CounterSigner",
    "EffectivePolicy",
    "Evaluation",
    "Finding",
    "FindingSeverity",
    "Gate",
    "GateEngine",
    "GateEvaluator",
    "GateKind",
    "GateResult",
    "GateStatus",
    "GovernanceServices",
    "GoverningPolicy",
    "KeyKind",
    "Linted",
    "Move",
    "NewAssignment",
    "NewTrust",
    "PlacedFinding",
    "Policy",
    "PolicyService",
    "PublishedPolicy",
    "Rollback",
    "Severity",
    "Signature",
    "SignatureService",
    "SigningKeyService",
    "SigningServices",
    "Stage",
    "Step",
    "TrustedKey",
    "VerifiedSignature",
    "check_config",
    "effective_policy",
    "first_stage",
    "policy_of",
    "policy_schema",
    "verified_signatures",
]
