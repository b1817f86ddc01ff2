"""Who is acting, and by which request."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

PrincipalId = NewType("PrincipalId", str)
TokenId = NewType("TokenId", str)
SessionId = NewType("SessionId", str)


class PrincipalKind(StrEnum):
    """What sort of principal acts; part of every audit entry."""

    USER = "user"
    SERVICE = "service"
    CI = "ci"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """The request an actor acts by.

    `idempotency_key` is the caller's own key for a retry, `fingerprint` the digest of what was asked under that key.
    `address` is where it came from; it limits and throttles, and enters no log entry.
    """

    id: str = ""
    idempotency_key: str | None = None
    fingerprint: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The browser session an actor came by, and when they proved who they are."""

    id: SessionId
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated principal, as every use case receives it.

    `id` is a pseudonymous UUID and safe to log for ever; `name` is for people and never enters the audit log.
    """

    id: PrincipalId
    name: str
    kind: PrincipalKind
    roles: frozenset[str]
    token_id: TokenId | None = None
    request: RequestInfo = field(default_factory=RequestInfo)
    session: SessionInfo | None = None


def system_actor(request: RequestInfo | None = None) -> Actor:
    """Return the registry itself as an actor: it does what no principal asked for, by a request or by work of its own.

    It holds no role; use cases that it runs ask for none.
    """
    return Actor(PrincipalId("system"), "system", PrincipalKind.SYSTEM, frozenset(), request=request or RequestInfo())
