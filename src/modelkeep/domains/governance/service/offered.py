"""What the domain offers to facades."""

from dataclasses import dataclass

from modelkeep.domains.governance.service.policies import PolicyService


@dataclass(frozen=True, slots=True)
class GovernanceServices:
    """Policies, and what goes by them."""

    policies: PolicyService
