"""Evaluations that were kept."""

from modelkeep.domains.governance.domain.gates.records import StoredEvaluation
from modelkeep.domains.governance.repository.evaluations import EvaluationRepository
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.database import Transaction


class EvaluationNotFoundError(RegistryError):
    """There is no such evaluation."""

    kind = Kind.NOT_FOUND
    code = "governance.evaluation_not_found"


def stored_evaluation(tx: Transaction, identity: str) -> StoredEvaluation:
    """Return an evaluation by its id, with all its evidence.

    Raises:
        EvaluationNotFoundError: there is none.
    """
    found = EvaluationRepository(tx).find(identity)
    if found is None:
        raise EvaluationNotFoundError(f"there is no evaluation {identity[:80]!r}", evaluation=identity[:80])
    return found
