"""The closed set of ways a use case can fail.

Domains raise subclasses of `RegistryError`; facades translate the *kind* and pass the *code* through. Nothing here, or
below it, knows HTTP, gRPC, MLflow or Hugging Face.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # the command line knows errors, and no events
    from modelkeep.kernel.events import Event


class Kind(StrEnum):
    """What sort of failure it is, in terms every protocol can express."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    CONFLICT = "conflict"
    BLOCKED = "blocked"
    LIMIT_EXCEEDED = "limit_exceeded"
    UNAVAILABLE = "unavailable"
    CORRUPT = "corrupt"


class RegistryError(Exception):
    """Base of every error a caller is meant to understand.

    A subclass sets `kind`, and `code` as `domain.fact`; both are part of the public contract. The message says what is
    wrong and what to do next.
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]

    def __init__(self, message: str, **details: object) -> None:
        """Keep the human message and the machine-readable details (JSON values) apart.

        `event` is what the audit log keeps of the failure itself, though its transaction is rolled back.
        """
        super().__init__(message)
        self.message = message
        self.details = details
        self.event: Event | None = None


class InvalidValueError(RegistryError):
    """A value breaks a rule of the field, such as the grammar of a semantic version."""

    kind = Kind.INVALID
    code = "kernel.invalid_value"


class StaleRevisionError(RegistryError):
    """The caller changed something that somebody else had already changed."""

    kind = Kind.CONFLICT
    code = "kernel.stale_revision"
