"""How long policies keep what belongs to a class of records."""

from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.access import Scope
from modelkeep.domains.governance.domain.assignments import governing_since
from modelkeep.domains.governance.repository.assignments import AssignmentRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

_VERSIONS: Final = "versions"
_AUDIT: Final = "audit"


def versions_kept_for(tx: Transaction, model: ModelName, since: datetime) -> timedelta:
    """Return the longest time for which any policy that governed a model from a time until now keeps versions.

    So who assigns another policy shortens nothing that was promised, whatever is moved afterwards.
    """
    scope, policies = Scope.of_model(model), PolicyRepository(tx)
    governed = governing_since(AssignmentRepository(tx).since(scope, since), since)
    read = {(one.policy, one.number): one.digest for one in governed}
    kept = (policies.read(name, number, digest).retention.get(_VERSIONS) for (name, number), digest in read.items())
    return max((time for time in kept if time is not None), default=timedelta())


def audit_kept_for(tx: Transaction) -> timedelta:
    """Return the longest time for which a policy that governs anything now keeps bodies of audit entries."""
    policies = PolicyRepository(tx)
    governing = AssignmentRepository(tx).policies_in_force()
    return max((policies.read(*one).retention.get(_AUDIT, timedelta()) for one in governing), default=timedelta())
