"""What other parts of governance, and domains above it, do in transactions of theirs."""

from modelkeep.domains.governance.operations.evaluations import stored_evaluation
from modelkeep.domains.governance.operations.policies import effective_policy, first_stage, policy_of

__all__ = ["effective_policy", "first_stage", "policy_of", "stored_evaluation"]
