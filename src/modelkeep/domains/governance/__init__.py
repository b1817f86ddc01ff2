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
from modelkeep.domains.governance.domain.external_checks import Answer, ExternalCheck
from modelkeep.domains.governance.domain.findings import Finding, FindingSeverity, PlacedFinding
from modelkeep.domains.governance.domain.gates.engine import ENVIRONMENT, GateEngine
from modelkeep.domains.governance.domain.gates.kinds import check_config
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult, GateStatus
from modelkeep.domains.governance.domain.gates.records import StoredEvaluation
from modelkeep.domains.governance.domain.holdings import Approval, Holding, LiveQuery, LiveVersion
from modelkeep.domains.governance.domain.inbox import InboxItem, Waiting
from modelkeep.domains.governance.domain.moves import allowed_move, gate_called
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
from modelkeep.domains.governance.domain.trials import Trial, Trials, TriedVersion
from modelkeep.domains.governance.domain.votes import Conditions, Decision, Lapse, Vote
from modelkeep.domains.governance.domain.waivers import NewWaiver, Waiver
from modelkeep.domains.governance.jobs import counter_signing, job_kinds
from modelkeep.domains.governance.operations import (
    audit_kept_for,
    effective_policy,
    first_stage,
    forget_texts,
    policy_of,
    stored_evaluation,
    versions_kept_for,
)
from modelkeep.domains.governance.service import (
    SHIPPED,
    ApprovalService,
    Asked,
    Ballot,
    DataService,
    DelegationService,
    EmergencyService,
    Goal,
    GovernanceServices,
    InboxService,
    LintedAgainst,
    Lookout,
    NewComment,
    NewDelegation,
    PlanningService,
    PolicyService,
    PromotionService,
    Renewals,
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
from modelkeep.domains.governance.service.external_checks import AskedCheck, ExternalCheckService
from modelkeep.domains.governance.service.gates import (
    CelEngine,
    CheckedGates,
    FactSource,
    GateCheckService,
    GateEvaluator,
    GateServices,
    fact_sources,
)
from modelkeep.domains.governance.service.signatures import SignatureService
from modelkeep.domains.governance.service.signing import SigningServices
from modelkeep.domains.governance.service.signing_keys import SigningKeyService
from modelkeep.domains.governance.service.verification import verified_signatures
from modelkeep.domains.governance.service.waivers import WaiverService

__all__ = [
    "ENVIRONMENT",
    "SHIPPED",
    "AffectedRequest",
    "Answer",
    "Approval",
    "ApprovalService",
    "Asked",
    "AskedCheck",
    "Assignment",
    "AssignmentQuery",
    "Ballot",
    "BreakGlass",
    "CelEngine",
    "Chain",
    "ChangeKind",
    "CheckedGates",
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
    "ExternalCheck",
    "ExternalCheckService",
    "FactSource",
    "Finding",
    "FindingSeverity",
    "Gate",
    "GateCheckService",
    "GateEngine",
    "GateEvaluator",
    "GateKind",
    "GateResult",
    "GateServices",
    "GateStatus",
    "Goal",
    "GovernanceServices",
    "GoverningPolicy",
    "Holder",
    "Holding",
    "InboxItem",
    "InboxService",
    "KeyKind",
    "Lapse",
    "LintedAgainst",
    "LiveQuery",
    "LiveVersion",
    "Lookout",
    "Manner",
    "Move",
    "NewAssignment",
    "NewComment",
    "NewDelegation",
    "NewTrust",
    "NewWaiver",
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
    "Renewals",
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
    "StoredEvaluation",
    "Stranded",
    "Trial",
    "Trials",
    "TriedVersion",
    "TrustedKey",
    "Upkeep",
    "VerifiedSignature",
    "Vote",
    "VotingService",
    "Waiting",
    "Waiver",
    "WaiverService",
    "WithdrawnData",
    "allowed_move",
    "audit_kept_for",
    "check_config",
    "counter_signing",
    "effective_policy",
    "fact_sources",
    "first_stage",
    "forget_texts",
    "gate_called",
    "job_kinds",
    "policy_of",
    "policy_schema",
    "stored_evaluation",
    "verified_signatures",
    "versions_kept_for",
]
