"""What higher domains do with access control inside their own transactions."""

from modelkeep.domains.access.repository import BindingRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction


def end_bindings_in(tx: Transaction, actor: Actor, namespace: str, clock: Clock) -> None:
    """End every binding on a namespace that is being deleted, and on models in it."""
    bindings = BindingRepository(tx)
    ended = bindings.in_namespace(namespace)
    if ended:
        now = clock()
        bindings.end([binding.id for binding in ended], actor.id, now)
        tx.record(*(binding.end(actor, now)[1] for binding in ended))
