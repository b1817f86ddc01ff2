"""What can go wrong on the caller's side of the wire, in the registry's own kinds.

An answer of the server that is no success becomes an `ApiError`: the subclass says the kind, `code` and `details` are
the server's. What the client finds out by itself (no server, a corrupt file, a folder in the way) is a `RegistryError`
with a code `client.<fact>`. So whoever catches by kind, such as the exit codes of the CLI, need not know who refused.
"""

from collections.abc import Mapping
from typing import ClassVar

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError


class ApiError(RegistryError):
    """The server refused or failed; `status` is the HTTP status, `request_id` finds the request in the server's log."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "client.unexpected_answer"
    status: int = 0
    request_id: str = ""
    retry_after: float | None = None
    """Seconds the server asked to wait before the next try."""

    def __init__(self, message: str, *, code: str = "", details: Mapping[str, object] | None = None) -> None:
        """Keep what the problem document says; without a code there was none, and the class's own stands."""
        super().__init__(message, **{str(key): value for key, value in (details or {}).items()})
        if code:
            self.code = code  # type: ignore[misc]  # a class's constant everywhere but here: only the answer knows it


class InvalidRequestError(ApiError):
    """The request breaks a rule of the registry."""

    kind = Kind.INVALID


class UnauthenticatedError(ApiError):
    """The server knows nobody by this credential."""

    kind = Kind.UNAUTHENTICATED


class ForbiddenError(ApiError):
    """The caller may see this, and may not do that."""

    kind = Kind.FORBIDDEN


class NotFoundError(ApiError):
    """There is no such thing, or not for this caller."""

    kind = Kind.NOT_FOUND


class AlreadyExistsError(ApiError):
    """The name or the version is taken by something else."""

    kind = Kind.ALREADY_EXISTS


class ConflictError(ApiError):
    """Somebody else changed it first: read again and retry."""

    kind = Kind.CONFLICT


class BlockedError(ApiError):
    """A rule or a gate says: not now."""

    kind = Kind.BLOCKED


class LimitExceededError(ApiError):
    """Too much, too many or too often."""

    kind = Kind.LIMIT_EXCEEDED


class UnavailableError(ApiError):
    """The server, or what it stands on, is out of order for now."""

    kind = Kind.UNAVAILABLE


class CorruptError(ApiError):
    """The server found that what it stores is not what was stored."""

    kind = Kind.CORRUPT


class UnexpectedAnswerError(ApiError):
    """The answer is not one of this registry's API: another program, a proxy, or a newer server."""


class ServerUnreachableError(RegistryError):
    """No answer at all."""

    kind = Kind.UNAVAILABLE
    code = "client.server_unreachable"


class InvalidSettingError(InvalidValueError):
    """A setting of the client is no legal value: the address, or the credentials file."""

    code = "client.invalid_setting"


class InvalidArtifactError(InvalidValueError):
    """What was to be pushed cannot be: nothing there, a symbolic link, a socket."""

    code = "client.invalid_artifact"


class FileChangedError(RegistryError):
    """A file changed while it was being pushed."""

    kind = Kind.CONFLICT
    code = "client.file_changed"


class CorruptFileError(RegistryError):
    """A file arrived with other bytes than its digest says; it was thrown away."""

    kind = Kind.CORRUPT
    code = "client.corrupt_file"


class DestinationExistsError(RegistryError):
    """There is something else where the files should go."""

    kind = Kind.ALREADY_EXISTS
    code = "client.destination_exists"


class UnwritableError(InvalidValueError):
    """Files cannot be written where they should go."""

    code = "client.unwritable"


class DiskFullError(RegistryError):
    """The local disk has no room for the files."""

    kind = Kind.UNAVAILABLE
    code = "client.disk_full"


BY_KIND: Mapping[Kind, type[ApiError]] = {
    refusal.kind: refusal
    for refusal in (
        InvalidRequestError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        AlreadyExistsError,
        ConflictError,
        BlockedError,
        LimitExceededError,
        UnavailableError,
        CorruptError,
    )
}
