"""Policies, gates, approvals and promotion: which version may hold which stage, and who said so on what evidence."""

from modelkeep.domains.governance.domain.assignments import (
    Assignment,
    AssignmentQuery,
    EffectivePolicy,
    GoverningPolicy,
    NewAssignment,
    PublishedPolicy,
)
from modelkeep.domains.governance.domain.clauses import Clause
from modelkeep.domains.governance.domain.comments import Comment, CommentVerdict
from modelkeep.domains.governance.domain.delegations import Delegation
from modelkeep.domains.governance.domain.findings import Finding, FindingSeverity, PlacedFinding
from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.kinds import check_config
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult, GateStatus
from modelkeep.domains.governance.domain.inbox import InboxItem, Waiting
from modelkeep.domains.governance.domain.plans import AffectedRequest, Holder, Plan, Proposal, Stranded
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
from modelkeep.domains.governance.domain.policy_changes import ChangeKind, PolicyChange
from modelkeep.domains.governance.domain.policy_documents import policy_schema
from modelkeep.domains.governance.domain.queries import RequestQuery
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest, RequestStatus
from modelkeep.domains.governance.domain.reviews import Review, ReviewVerdict
from modelkeep.domains.governance.domain.signatures import CheckedSignature, Signature, VerifiedSignature
from modelkeep.domains.governance.domain.signing_keys import KeyKind, NewTrust, TrustedKey
from modelkeep.domains.governance.domain.votes import Conditions, Decision, Lapse, Vote
from modelkeep.domains.governance.jobs import job_kinds
from modelkeep.domains.governance.operations import effective_policy, first_stage, policy_of
from modelkeep.domains.governance.service import (
    SHIPPED,
    Asked,
    Ballot,
    DataService,
    DelegationService,
    EmergencyService,
    Goal,
    GovernanceServices,
    InboxService,
    Linted,
    Lookout,
    NewComment,
    NewDelegation,
    PlanningService,
    PolicyService,
    PromotionService,
    ReviewService,
    RollbackPlan,
    RollbackService,
    Situation,
    Upkeep,
    VotingService,
    WithdrawnData,
)
from modelkeep.domains.governance.service.counter_signing import CounterSigner
from modelkeep.domains.governance.service.evidence import EvidencePack, EvidenceService
from modelkeep.domains.governance.service.gates import CATALOG_FACTS, CelEngine, GateEvaluator
from modelkeep.domains.governance.service.signatures import SignatureService
from modelkeep.domains.governance.service.signing import SigningServices
from modelkeep.domains.governance.service.signing_keys import SigningKeyService
from modelkeep.domains.governance.service.verification import verified_signatures

__all__ = [
    "CATALOG_FACTS",
    "SHIPPED",
    "AffectedRequest",
    "Asked",
    "Assignment",
    "AssignmentQuery",
    "Ballot",
    "BreakGlass",
    "CelEngine",
    "Chain",
    "ChangeKind",
    "CheckedSignature",
    "Clause",
    "Comment",
    "CommentVerdict",
    "Conditions",
    "CounterSigner",
    "DataService",
    "Decision",
    "Delegation",
    "DelegationService",
    "EffectivePolicy",
    "EmergencyService",
    "Evaluation",
    "EvidencePack",
    "EvidenceService",
    "Finding",
    "FindingSeverity",
    "Gate",
    "GateEngine",
    "GateEvaluator",
    "GateKind",
    "GateResult",
    "GateStatus",
    "Goal",
    "GovernanceServices",
    "GoverningPolicy",
    "Holder",
    "InboxItem",
    "InboxService",
    "KeyKind",
    "Lapse",
    "Linted",
    "Lookout",
    "Manner",
    "Move",
    "NewAssignment",
    "NewComment",
    "NewDelegation",
    "NewTrust",
    "PlacedFinding",
    "Plan",
    "PlanningService",
    "Policy",
    "PolicyChange",
    "PolicyService",
    "PromotionRequest",
    "PromotionService",
    "Proposal",
    "PublishedPolicy",
    "RequestQuery",
    "RequestStatus",
    "Review",
    "ReviewService",
    "ReviewVerdict",
    "Rollback",
    "RollbackPlan",
    "RollbackService",
    "Severity",
    "Signature",
    "SignatureService",
    "SigningKeyService",
    "SigningServices",
    "Situation",
    "Stage",
    "Step",
    "Stranded",
    "TrustedKey",
    "Upkeep",
    "VerifiedSignature",
    "Vote",
    "VotingService",
    "Waiting",
    "WithdrawnData",
    "check_config",
    "effective_policy",
    "first_stage",
    "job_kinds",
    "policy_of",
    "policy_schema",
    "verified_signatures",
]
