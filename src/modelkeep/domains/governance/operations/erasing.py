"""What the audit log's erasure takes from governance."""

from modelkeep.domains.audit import Erasure
from modelkeep.domains.governance.repository.erasure import erase_texts
from modelkeep.platform.database import Transaction


def forget_texts(tx: Transaction, erasure: Erasure) -> int:
    """Erase reasons, comments, conditions and details, as an erasure takes them from the audit log; return how many.

    Who asked, answered and waived what, when and on what evidence stays.
    """
    return erase_texts(tx.session, erasure)
