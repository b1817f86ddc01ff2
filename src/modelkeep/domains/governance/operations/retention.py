"""How long policies keep what belongs to a class of records."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.governance.domain.assignments import NoPolicyInForceError
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.assignments import AssignmentRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

_VERSIONS: Final = "versions"
_AUDIT: Final = "audit"


def versions_kept_for(tx: Transaction, model: ModelName, moved_at: datetime) -> timedelta:
    """Return how long versions are kept after a move: the longer of what the policy says now and what it said then.

    So who assigns another policy shortens nothing that was promised.
    """
    kept = policy_of(tx, model).retention.get(_VERSIONS, timedelta())
    with suppress(NoPolicyInForceError):
        kept = max(kept, policy_of(tx, model, moved_at).retention.get(_VERSIONS, timedelta()))
    return kept


def audit_kept_for(tx: Transaction) -> timedelta:
    """Return the longest time for which a policy that governs anything now keeps bodies of audit entries."""
    policies = PolicyRepository(tx)
    governing = AssignmentRepository(tx).policies_in_force()
    return max((policies.read(*one).retention.get(_AUDIT, timedelta()) for one in governing), default=timedelta())
