"""What higher domains do with access control inside their own transactions."""

from datetime import datetime

from modelkeep.domains.access.repository import AccessRepository, BindingRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.platform.database import Transaction


def anonymise(tx: Transaction, principal_id: PrincipalId, at: datetime) -> bool:
    """Take what says who a principal is, and disable it; say whether there was anything to take.

    The row stays, for what the principal did refers to it. The caller records the event.

    Raises:
        PrincipalNotFoundError: there is no such principal.
    """
    return AccessRepository(tx).anonymise(principal_id, at)


def end_bindings_in(tx: Transaction, actor: Actor, namespace: str, clock: Clock) -> None:
    """End every binding on a namespace that is being deleted, and on models in it."""
    bindings = BindingRepository(tx)
    ended = bindings.in_namespace(namespace)
    if ended:
        now = clock()
        bindings.end([binding.id for binding in ended], actor.id, now)
        tx.record(*(binding.end(actor, now)[1] for binding in ended))
