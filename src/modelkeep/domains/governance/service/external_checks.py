"""Asks other systems about versions, and takes their answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_urlsafe
from typing import Final

from modelkeep.domains.access import AccessService, Permission, RequestLimits
from modelkeep.domains.catalog import permitted_version
from modelkeep.domains.governance.domain.external_checks import (
    MAX_TOKEN_LIFE,
    TOKEN_LIFE,
    Answer,
    CheckRefusedError,
    ExternalCheck,
    OwnCheckError,
    hash_token,
)
from modelkeep.domains.governance.domain.moves import gate_called
from modelkeep.domains.governance.domain.policies import GateKind
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.external_checks import ExternalCheckRepository
from modelkeep.domains.governance.service.parties import has_part, parties
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor, RequestInfo, system_actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database

_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """A question, and the token that answers it, which is nowhere else."""

    check: ExternalCheck
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExternalCheckService:
    """Checks by other systems."""

    database: Database
    access: AccessService
    limits: RequestLimits
    clock: Clock
    new_id: IdSource
    new_token: Callable[[], str] = lambda: token_urlsafe(_TOKEN_BYTES)

    def ask(
        self, actor: Actor, reference: Reference, gate_id: str, life: timedelta = TOKEN_LIFE
    ) -> Recorded[AskedCheck]:
        """Make a token by which another system answers once for a gate of a version; earlier answers count no more.

        Raises:
            GateNotFoundError: the policy of the model has no such gate of the kind `external`.
            OwnCheckError: the actor has a part in the version, and could answer for it.
            InvalidValueError: the token would live longer than 7 days, or not at all.
        """
        if not timedelta() < life <= MAX_TOKEN_LIFE:
            raise InvalidValueError(f"a token lives at most {MAX_TOKEN_LIFE.days} days; choose a shorter time")
        token = self.new_token()
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.GATE_REPORT, reference)
            if has_part(tx, actor.id, parties(tx, version)):
                raise OwnCheckError(
                    f"you, or an account of yours, made {version.reference} or asked for its move: somebody else must "
                    "have it checked"
                )
            gate_called(policy_of(tx, version.model), gate_id, GateKind.EXTERNAL)
            now = self.clock()
            check = ExternalCheck(
                id=self.new_id(),
                gate_id=gate_id,
                version_id=version.id,
                reference=version.reference,
                token_hash=hash_token(token),
                asked_at=now,
                asked_by=actor.id,
                expires_at=now + life,
            )
            ExternalCheckRepository(tx).add(check)
            tx.record(check.asked(actor))
        return Recorded(AskedCheck(check, token), tx.receipt)

    def answer(self, identity: str, token: str, answer: Answer, request: RequestInfo) -> Recorded[ExternalCheck]:
        """Take the answer of whoever has the token.

        Raises:
            CheckRefusedError: there is no such check, or the token is not that of it.
            CheckClosedError: it was answered otherwise before, or has expired.
            TooManyRequestsError: too many wrong tokens came from that address.
        """
        answer.checked()
        by = system_actor(request)
        with self.database.transaction() as tx:
            check = ExternalCheckRepository(tx).find(identity)
            known = check is not None and check.is_of(token)
            if check is not None and known:
                check, event = check.answered(answer, by, self.clock())
                if event is not None:
                    ExternalCheckRepository(tx).save(check)
                    tx.record(event)
        if check is None or not known:
            self.limits.token_failure(request.address)
            raise CheckRefusedError("there is no such check, or this is not its token; ask for a new one")
        return Recorded(check, tx.receipt)
