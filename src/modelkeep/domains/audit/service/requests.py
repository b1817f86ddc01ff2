"""Answers repeated requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.requests import (
    MAX_KEY_LENGTH,
    IdempotencyKeyReusedError,
    KeptResponse,
    RequestRepeatedError,
)
from modelkeep.domains.audit.repository import IdempotencyRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IdempotencySink:
    """Claims the idempotency key of the request in the transaction it caused: one key, one effect."""

    clock: Clock

    def record(self, session: Session, events: Sequence[Event]) -> None:
        """Claim the key, if the request has one.

        Raises:
            RequestRepeatedError: another request with this key has taken effect meanwhile; this one is rolled back.
        """
        actor = events[0].actor
        key = actor.request.idempotency_key
        if key is None:
            return
        requests = IdempotencyRepository(session)
        if not requests.claim(actor.id, key, actor.request.fingerprint, self.clock()):
            raise RequestRepeatedError("a request with this Idempotency-Key is being served; repeat it in a moment")


@dataclass(frozen=True, slots=True)
class IdempotencyService:
    """What a request that carries an idempotency key gets, the second time."""

    database: Database
    clock: Clock

    def find(self, actor: Actor) -> KeptResponse | None:
        """Return the kept answer of the actor's request, or None when the request is new.

        Raises:
            InvalidValueError: the key is empty, longer than 255 characters or not printable ASCII.
            IdempotencyKeyReusedError: the key was used for another request or with another token in the last 24 hours.
            RequestRepeatedError: the first request took effect, but its answer was lost with the server.
        """
        key = actor.request.idempotency_key
        if key is None:
            return None
        if not (0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
            raise InvalidValueError("an Idempotency-Key has 1 to 255 printable ASCII characters; a UUID is a good one")
        with self.database.snapshot() as tx:
            found = IdempotencyRepository(tx.session).find(actor.id, key)
        if found is None:
            return None
        fingerprint, kept = found
        if fingerprint != actor.request.fingerprint:
            raise IdempotencyKeyReusedError(
                "this Idempotency-Key was used for another request, or with another token; use a new key"
            )
        if kept is None:
            raise RequestRepeatedError(
                "the first request with this Idempotency-Key is being served or took effect without its answer being "
                "kept; read what you wanted to change before you send it again under a new key"
            )
        return kept

    def keep(self, actor: Actor, response: KeptResponse) -> None:
        """Keep the answer of the actor's request for 24 hours."""
        key = actor.request.idempotency_key
        if key is not None:
            with self.database.transaction() as tx:
                IdempotencyRepository(tx.session).keep(actor.id, key, response)

    def forget_old(self) -> int:
        """Drop keys older than 24 hours, a batch at a time; return how many are gone."""
        with self.database.transaction() as tx:
            return IdempotencyRepository(tx.session).forget(self.clock() - KEPT_FOR)
