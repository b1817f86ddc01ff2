"""Use cases of governance."""

from modelkeep.domains.governance.service.offered import GovernanceServices
from modelkeep.domains.governance.service.policies import PolicyService
from modelkeep.domains.governance.service.policy_texts import SHIPPED, Linted

__all__ = ["SHIPPED", "GovernanceServices", "Linted", "PolicyService"]
