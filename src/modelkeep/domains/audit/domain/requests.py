"""The rules of a request that may be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelkeep.kernel.errors import Kind, RegistryError

MAX_KEY_LENGTH = 255


class IdempotencyKeyReusedError(RegistryError):
    """A key that stands for one request came with another."""

    kind = Kind.INVALID
    code = "audit.idempotency_key_reused"


class RequestRepeatedError(RegistryError):
    """The first request with this key is under way, or took effect and its answer was lost."""

    kind = Kind.BLOCKED
    code = "audit.request_repeated"


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """What the first request with an idempotency key was answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]
