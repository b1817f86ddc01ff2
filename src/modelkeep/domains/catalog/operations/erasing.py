"""What the audit log's erasure takes from the catalog."""

from modelkeep.domains.audit import Erasure
from modelkeep.domains.catalog.repository.erasure import erase_past, ids_of_models, ids_of_versions
from modelkeep.platform.database import Transaction

__all__ = ["forget_past", "ids_of_models", "ids_of_versions"]


def forget_past(tx: Transaction, erasure: Erasure) -> int:
    """Erase from the history what an erasure takes from the audit log: texts that were so and no longer are.

    What is so now stays until somebody changes it. That something was set, when and by whom, stays as well. Return how
    many texts there were.
    """
    return erase_past(tx.session, erasure)
