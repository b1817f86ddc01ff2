"""Who or what acts."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId, PrincipalKind


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
