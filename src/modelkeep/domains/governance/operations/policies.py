"""The policy that governs a model."""

from datetime import datetime

from modelkeep.domains.access import Scope
from modelkeep.domains.governance.domain.assignments import EffectivePolicy, NoPolicyInForceError
from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.repository.assignments import AssignmentRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction


def policy_of(tx: Transaction, model: ModelName, at: datetime | None = None) -> Policy:
    """Return the policy that governs a model now, or governed it at a time: one query, once its version has been read.

    The most specific assignment says which: on the model, else on its namespace, else on the registry. Whether the
    model is there is not asked.

    Raises:
        NoPolicyInForceError: the registry had none yet at that time.
    """
    return effective_policy(tx, Scope.of_model(model), at).policy


def effective_policy(tx: Transaction, scope: Scope, at: datetime | None = None) -> EffectivePolicy:
    """Return the policy that governs a scope, and the assignment that says so; see `policy_of`."""
    assignment = AssignmentRepository(tx).governing(scope, at)
    if assignment is None:
        raise NoPolicyInForceError(f"no policy was in force on {scope} then; ask about a later time", scope=str(scope))
    policy = PolicyRepository(tx).read(assignment.policy, assignment.number, assignment.digest)
    return EffectivePolicy(policy, assignment)


def first_stage(tx: Transaction, model: ModelName) -> str:
    """Return the stage that versions of a model start in."""
    return policy_of(tx, model).stages[0].name
