"""What an object store refuses or fails to do."""

from collections.abc import Sequence

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError


class InvalidKeyError(InvalidValueError):
    """A key, prefix or staging id that some store could not keep, or that could leave the store's folder."""

    code = "objectstore.invalid_key"


class InvalidRangeError(InvalidValueError):
    """A byte range that starts below zero or ends before it starts."""

    code = "objectstore.invalid_range"


class InvalidStoreUrlError(InvalidValueError):
    """The address of a store cannot be used; the message never repeats the address, which may hold a secret."""

    code = "objectstore.invalid_url"


class PartSizeError(InvalidValueError):
    """A part has another number or length than its plan says; nothing of it counts as received."""

    code = "objectstore.part_size"


class ObjectNotFoundError(RegistryError):
    """No object is stored under the key."""

    kind = Kind.NOT_FOUND
    code = "objectstore.not_found"


class StagingIncompleteError(RegistryError):
    """A staged write was published before all of its parts had arrived, or after it was discarded."""

    kind = Kind.BLOCKED
    code = "objectstore.staging_incomplete"


class StagingSealedError(RegistryError):
    """A part arrived while its staged write was being published, or after that."""

    kind = Kind.BLOCKED
    code = "objectstore.staging_sealed"


class ObjectStoreUnavailableError(RegistryError):
    """The store did not answer, failed, or refused our credentials; the same call may succeed later."""

    kind = Kind.UNAVAILABLE
    code = "objectstore.unavailable"


class StoreFullError(ObjectStoreUnavailableError):
    """No space or quota is left; nothing of the write is visible."""

    code = "objectstore.full"


def incomplete(reason: str, missing: Sequence[int] = ()) -> StagingIncompleteError:
    """Say why a staged write cannot be published, and which parts are missing (the first 100)."""
    return StagingIncompleteError(
        f"The staged write cannot be published: {reason}. Send what is missing, then publish again.",
        missing=list(missing[:100]),
    )


def wrong_length(number: int, length: int) -> PartSizeError:
    """Say how long the part should have been, in bytes."""
    return PartSizeError(
        f"Part {number} must have exactly {length} bytes: send it again.", number=number, length=length
    )
