"""What other parts of governance, and domains above it, do in transactions of theirs."""

from modelkeep.domains.governance.operations.erasing import forget_texts
from modelkeep.domains.governance.operations.evaluations import stored_evaluation
from modelkeep.domains.governance.operations.policies import effective_policy, first_stage, policy_of
from modelkeep.domains.governance.operations.retention import audit_kept_for, versions_kept_for

__all__ = [
    "audit_kept_for",
    "effective_policy",
    "first_stage",
    "forget_texts",
    "policy_of",
    "stored_evaluation",
    "versions_kept_for",
]
