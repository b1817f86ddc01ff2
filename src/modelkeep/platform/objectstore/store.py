"""The port to stored bytes, and its contract: `tests/conformance/objectstore` holds every implementation to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from modelkeep.platform.objectstore.errors import PartSizeError
from modelkeep.platform.objectstore.keys import check_staging_id

CHUNK_SIZE: Final = 4 * 1024 * 1024
MAX_PARTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A whole object: its key and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that anybody may send to the store until it expires.

    The sender must send exactly this method and all of these headers. The address is a secret until then, so it is left
    out of the representation.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Staging:
    """The plan of a staged write: `size` bytes in parts of `part_size` bytes, numbered from 1, the last one shorter.

    An empty object has one empty part. `id` is unique to one attempt at one object, and may have several segments
    (`upload/digest`), so that `discard` drops all attempts below a common one.

    Raises:
        InvalidKeyError: the id is malformed.
        PartSizeError: a size is negative, or there would be more than 10,000 parts.
    """

    id: str
    size: int
    part_size: int

    def __post_init__(self) -> None:
        """Refuse a plan that no store can carry out."""
        check_staging_id(self.id)
        if self.size < 0 or self.part_size < 1 or self.part_count > MAX_PARTS:
            raise PartSizeError(
                f"{self.size} bytes in parts of {self.part_size} is no plan: choose a part size that gives at most "
                f"{MAX_PARTS} parts.",
                size=self.size,
                part_size=self.part_size,
            )

    @property
    def part_count(self) -> int:
        """How many parts there are; at least one."""
        return max(1, -(-self.size // self.part_size))

    def part(self, number: int) -> tuple[int, int]:
        """Return the offset and the length of a part, in bytes.

        Raises:
            PartSizeError: there is no part of this number.
        """
        if not 1 <= number <= self.part_count:
            raise PartSizeError(
                f"Part {number} does not exist: the parts are numbered 1 to {self.part_count}.", number=number
            )
        offset = (number - 1) * self.part_size
        return offset, min(self.part_size, self.size - offset)


class ObjectStore(Protocol):
    """Keeps immutable bytes under keys chosen by the caller; safe for use by many threads and processes at once.

    Every write is whole or not there at all, and is durable when the call returns: readers see the old object, the new
    one or none, never a part of one. Reads follow writes at once. Nothing here is a mutable reference: of two writers
    of one key the last one wins, so callers name objects by their content.

    Every method may raise `ObjectStoreUnavailableError` after a bounded time, and those that take a key
    `InvalidKeyError`. Writes may raise `StoreFullError`. What a caller's own iterable or callback raises passes
    through as it is.
    """

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Store small objects (they are in memory already) under their keys, in place of any earlier ones.

        Each becomes visible whole or not at all; on failure some may be there and others not.
        """
        ...

    def read(
        self, key: str, *, start: int = 0, end: int | None = None, chunk_size: int = CHUNK_SIZE
    ) -> Iterator[bytes]:
        """Open the object and yield its bytes from `start` up to and without `end`, in chunks of about `chunk_size`.

        A range past the end is cut off there, so it may yield nothing. An object deleted meanwhile may still be read
        to its end.

        Raises:
            ObjectNotFoundError: no such object; raised by the call itself, before the first chunk.
            InvalidRangeError: `start` is negative or after `end`.
        """
        ...

    def find(self, key: str) -> StoredObject | None:
        """Return the object's size, or None if there is no such object."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects below a prefix of whole segments (`""`: all), in no particular order.

        `blobs/ab` and `blobs/ab/` are the same prefix, and neither lists `blobs/abc` nor an object `blobs/ab`. Staged
        writes are never listed. Objects written or deleted meanwhile may be listed or not.
        """
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects, in bulk where the store can; a missing one is fine.

        On failure some may be gone and the others not: calling again finishes the work.
        """
        ...

    def check(self) -> None:
        """Find out within seconds whether the store can be used (readiness).

        Raises:
            ObjectStoreUnavailableError: it cannot; the message says why.
        """
        ...

    def sign_get(self, key: str, *, expires_in: timedelta) -> SignedRequest | None:
        """Let anybody read the object for a while (at most 7 days; Range allowed).

        None if the store cannot sign, or not this key (one that is not made of ASCII letters, digits and `._/-`).
        Whether the object exists is not looked up.
        """
        ...

    def write_part(self, staging: Staging, number: int, data: Iterable[bytes]) -> None:
        """Receive one part; any order, several at once, and again (the last one whole counts).

        A part torn by an exception of `data`, a crash or a full disk does not count as received; an earlier copy of it
        may be lost too.

        Raises:
            PartSizeError: no such part, or `data` has another length than planned.
            StagingSealedError: the staging is being published or was published.
        """
        ...

    def sign_part(self, staging: Staging, number: int, *, expires_in: timedelta) -> SignedRequest | None:
        """Let anybody send one part straight to the store for a while (at most 7 days); None if it cannot sign.

        The signature does not limit the length sent: `parts` and `publish` ignore a part of another length.

        Raises:
            PartSizeError: no such part.
        """
        ...

    def parts(self, staging: Staging) -> frozenset[int]:
        """Return the numbers of the parts that are here whole; none once the staging is published or discarded."""
        ...

    def publish(self, staging: Staging, key: str, observe: Callable[[bytes], None], accept: Callable[[], None]) -> None:
        """Make the staged bytes visible under the key, once the caller has seen and accepted every one of them.

        Calls `observe` with each chunk in order, then `accept`, which raises to refuse, both in the calling thread. The
        bytes that become visible are those observed, whatever is written to the staging meanwhile. After a refusal
        nothing is visible and the staging is as before: parts may be sent again, published again or discarded.

        Idempotent: once this staging is published under this key, and until it is discarded, calling again returns
        without calling `observe` and `accept`. An object that somebody else stored under the key does not count: the
        bytes must have come through this staging. Memory stays bounded, whatever the size.

        Raises:
            StagingIncompleteError: parts are missing, or the staging was discarded.
        """
        ...

    def discard(self, staging_prefix: str) -> None:
        """Drop whatever is left of every staging whose id is or lies below these whole segments; none is fine."""
        ...
