"""Withdraws data that must not be used any longer: what was approved of a version trained on it is asked anew."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.governance.domain.requests import check_text
from modelkeep.domains.governance.repository.promotion import WithdrawnDataRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class WithdrawnData:
    """Data that must not be used: a URI or a digest, as versions refer to it."""

    reference: str
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class DataService:
    """Data that versions are trained on."""

    database: Database
    access: AccessService
    clock: Clock

    def withdraw(self, actor: Actor, reference: str, *, reason: str) -> Recorded[WithdrawnData]:
        """Withdraw data; what is withdrawn already is left alone.

        Approvals of versions that were trained on it no longer count from now on; a job notes so within moments.

        Raises:
            ForbiddenError: the actor may not put versions of the whole registry into quarantine.
            InvalidValueError: the reference or the reason is missing or too long.
        """
        check_text("reference", reference, needed=True)
        check_text("reason", reason, needed=True)
        if reference != reference.strip():
            raise InvalidValueError("the reference begins or ends with a space; give it as versions write it")
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.VERSION_QUARANTINE, REGISTRY)
            stored, now = WithdrawnDataRepository(tx), self.clock()
            known = stored.find(reference)
            if known is not None:
                return Recorded(WithdrawnData(reference, known), None)
            stored.add(reference, actor.id, now, reason)
            data = {"data_digest": str(Digest.of(reference.encode()))}
            texts = {"reference": reference, "reason": reason}
            tx.record(Event("governance.data_withdrawn", str(REGISTRY), actor, now, data, texts))
        return Recorded(WithdrawnData(reference, now), tx.receipt)
