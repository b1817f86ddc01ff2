"""Publishers: which CI jobs get a token of this registry, and what for."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.access.domain.openid.claims import LEEWAY, Claims, audiences, check_issuer, check_times, refused
from modelkeep.domains.access.domain.publishing.conditions import Conditions, PublisherConditionError
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

ALGORITHMS: Final = ("RS256",)
TOKEN_LIFE: Final = timedelta(seconds=900)
REMEMBERED: Final = timedelta(seconds=5)
"""How much longer than it could be used an identity token is remembered."""
MAX_SCOPES: Final = 50
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")


class PublisherNotFoundError(RegistryError):
    """There is no publisher of that name that the caller may see."""

    kind = Kind.NOT_FOUND
    code = "access.publisher_not_found"


def no_such_publisher(name: str) -> PublisherNotFoundError:
    """Return the error for a name that no publisher has, or none that the caller may see."""
    return PublisherNotFoundError(
        f"there is no publisher {name[:100]!r}; 'modelkeep publisher list' shows them", publisher=name[:100]
    )


class PublisherExistsError(RegistryError):
    """A publisher of that name is there already."""

    kind = Kind.ALREADY_EXISTS
    code = "access.publisher_exists"


class NoPublisherError(RegistryError):
    """A CI job has shown a genuine identity token, and is no publisher's."""

    kind = Kind.UNAUTHENTICATED
    code = "access.no_publisher"


class TokenReplayedError(RegistryError):
    """An identity or logout token was used before."""

    kind = Kind.UNAUTHENTICATED
    code = "access.token_replayed"


@dataclass(frozen=True, slots=True)
class Publisher:
    """CI jobs that act as one CI identity of this registry, which holds one role on some scopes."""

    id: str
    name: str
    issuer: str
    conditions: Conditions
    role: str
    scopes: tuple[Scope, ...]
    principal_id: PrincipalId
    created_at: datetime
    created_by: PrincipalId

    def __post_init__(self) -> None:
        """Check name and scopes."""
        if not _NAME.fullmatch(self.name):
            raise PublisherConditionError("a publisher's name has 1 to 100 lower-case letters, digits and hyphens")
        if not 0 < len(set(self.scopes)) == len(self.scopes) <= MAX_SCOPES:
            raise PublisherConditionError(f"a publisher has 1 to {MAX_SCOPES} scopes, each of them once")

    @property
    def facts(self) -> dict[str, Json]:
        """What the audit log says of it."""
        return {
            "publisher_id": self.id,
            "kind": self.conditions.kind.value,
            "issuer": self.issuer,
            "role": self.role,
            "scopes": [str(scope) for scope in self.scopes],
            "principal_id": self.principal_id,
        }

    @property
    def _whole(self) -> dict[str, Json]:
        return {**self.facts, "conditions": self.conditions.to_json()}

    def created(self, by: Actor) -> Event:
        """Return the event of its creation; its conditions are in the digest of what there is after it."""
        return Event("access.publisher_created", self.name, by, self.created_at, self.facts, after=self._whole)

    def deleted(self, by: Actor, at: datetime) -> Event:
        """Return the event of its deletion."""
        return Event("access.publisher_deleted", self.name, by, at, self.facts, before=self._whole)


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """What makes one identity token of a CI job unique, and until when it has to be remembered."""

    digest: str
    remembered_until: datetime


def read_job(claims: Claims, issuer: str, audience: str, now: datetime, *, signed: str) -> JobIdentity:
    """Check what every identity token of a CI job must say, whoever's it is.

    Without `jti` the token itself, `signed` (its header and payload), is what must not come twice.

    Raises:
        ClaimRefusedError: it is from another issuer, for another audience, or not for now.
    """
    check_issuer(claims, issuer)
    if audiences(claims) != (audience,):
        raise refused("aud", f"is not {audience}; ask for a token with that audience")
    expires = check_times(claims, now)
    unique = claims.get("jti")
    what = f"jti\0{unique}" if isinstance(unique, str) and unique else f"token\0{signed}"
    digest = hashlib.sha256(f"{issuer}\0{what}".encode()).hexdigest()
    return JobIdentity(digest, expires + LEEWAY + REMEMBERED)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The publisher whose job it is, and the claims of the token that nobody has ever heard of."""

    publisher: Publisher
    unknown: tuple[str, ...]


def choose(candidates: Sequence[Publisher], claims: Claims, wanted: str | None) -> Chosen:
    """Return the one publisher whose conditions a genuine token meets; `wanted` names one where several are met.

    Raises:
        NoPublisherError: none is met, or several are.
    """
    named = [candidate for candidate in candidates if wanted in (None, candidate.name)]
    examined = [(candidate, candidate.conditions.examine(claims)) for candidate in named]
    met = [Chosen(candidate, finding.unknown) for candidate, finding in examined if not finding.failed]
    if not met:
        raise NoPublisherError(
            "the identity token is genuine, and this job is no publisher's; compare it with 'modelkeep publisher show'",
            subject=str(claims.get("sub", ""))[:500],
        )
    if len(met) > 1:
        names = [chosen.publisher.name for chosen in met[:10]]
        raise NoPublisherError(
            f"this job is that of several publishers; name one of them: {', '.join(names)}", publishers=names
        )
    return met[0]
