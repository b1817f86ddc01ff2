"""Who or what acts."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind

_ACCOUNT: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_MAX_ACCOUNT: Final = 63


class PrincipalExistsError(RegistryError):
    """A service account of this name is there already."""

    kind = Kind.ALREADY_EXISTS
    code = "access.principal_exists"


class LastAdminError(RegistryError):
    """The change would leave the registry without an administrator whose role does not expire."""

    kind = Kind.BLOCKED
    code = "access.last_admin"


class PrincipalNotFoundError(RegistryError):
    """There is no such principal, or its name is that of several."""

    kind = Kind.NOT_FOUND
    code = "access.principal_not_found"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody or something that acts; `roles` are those it holds on the whole registry, for display.

    A service account has the user who owns it. A disabled principal may do nothing from then on.
    """

    id: PrincipalId
    kind: PrincipalKind
    name: str
    roles: frozenset[str]
    created_at: datetime
    owner_id: PrincipalId | None = None
    disabled_at: datetime | None = None

    def created(self, by: Actor) -> Event:
        """Return the event of a service account's making."""
        data: dict[str, Json] = {"roles": [], "kind": self.kind.value, "owner_id": self.owner_id}
        return Event("access.principal_created", self.id, by, self.created_at, data, {"name": self.name})

    def disable(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Disable it: from now on it may do nothing."""
        return replace(self, disabled_at=at), Event("access.principal_disabled", self.id, by, at)


def check_account_name(name: str) -> str:
    """Return the name of a service account, or refuse it.

    Raises:
        InvalidValueError: it is not 1 to 63 lower-case letters and digits with single '.', '_' or '-' between them.
    """
    if len(name) > _MAX_ACCOUNT or _ACCOUNT.fullmatch(name) is None:
        raise InvalidValueError(
            f"{name[:80]!r} cannot name a service account: 1 to {_MAX_ACCOUNT} lower-case letters and digits, with "
            "single '.', '_' or '-' between them"
        )
    return name


def no_such_principal(text: str) -> PrincipalNotFoundError:
    """Return the error for a name or id of nobody."""
    return PrincipalNotFoundError(
        f"there is nobody called {text}; give the name or id of a principal, or 'group:NAME'. People who log in "
        "through a provider are given by id: 'modelkeep principal list' shows it",
        principal=text,
    )
