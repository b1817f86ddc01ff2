"""Checks by other systems: a question, a token that answers it once, and the answer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Self

from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId

MAX_DETAILS: Final = 4_000
TOKEN_LIFE: Final = timedelta(days=1)
MAX_TOKEN_LIFE: Final = timedelta(days=7)


class CheckRefusedError(RegistryError):
    """There is no such check, or the token is not that of it; nobody is told which."""

    kind = Kind.UNAUTHENTICATED
    code = "governance.check_refused"


class CheckClosedError(RegistryError):
    """The check has expired, or was answered otherwise before."""

    kind = Kind.BLOCKED
    code = "governance.check_closed"


class OwnCheckError(RegistryError):
    """Nobody asks another system about a version that they made, or asked to move: they could answer themselves."""

    kind = Kind.FORBIDDEN
    code = "governance.own_check"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other system says; `details` are for people."""

    passed: bool
    details: str = ""

    def checked(self) -> Self:
        """Return it, or refuse details that are too long."""
        if len(self.details) > MAX_DETAILS or "\0" in self.details:
            raise InvalidValueError(f"details have at most {MAX_DETAILS} characters, and no NUL")
        return self


@dataclass(frozen=True, slots=True)
class ExternalCheck:
    """A question about a version for one gate; of the token only the SHA-256 is kept, for it has 256 random bits."""

    id: str
    gate_id: str
    version_id: str
    reference: str
    token_hash: str
    asked_at: datetime
    asked_by: PrincipalId
    expires_at: datetime
    answer: Answer | None = None
    posted_at: datetime | None = None

    def is_of(self, token: str) -> bool:
        """Say whether a token is the one that answers it, in constant time."""
        return compare_digest(self.token_hash, hash_token(token))

    def asked(self, by: Actor) -> Event:
        """Return the event of its being asked."""
        data = self._facts() | {"expires_at": timestamp(self.expires_at)}
        return Event("governance.external_check_asked", self.reference, by, self.asked_at, data)

    def answered(self, answer: Answer, by: Actor, at: datetime) -> tuple[Self, Event | None]:
        """Take the answer; the same answer again changes nothing.

        Raises:
            CheckClosedError: it has another answer, or has expired.
        """
        if self.answer is not None:
            if self.answer == answer:
                return self, None
            raise CheckClosedError("the check was answered before, and otherwise; ask for a new token", check=self.id)
        if at >= self.expires_at:
            raise CheckClosedError("the token has expired; ask for a new one", check=self.id)
        data = self._facts() | {"passed": answer.passed}
        texts = {"details": answer.details} if answer.details else {}
        event = Event("governance.external_check_answered", self.reference, by, at, data, texts)
        return replace(self, answer=answer, posted_at=at), event

    def _facts(self) -> dict[str, str | bool]:
        return {"check_id": self.id, "gate_id": self.gate_id, "version_id": self.version_id}


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
