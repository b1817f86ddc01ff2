"""Who or what acts."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.kernel.identity import PrincipalId, PrincipalKind


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody or something that acts."""

    id: PrincipalId
    kind: PrincipalKind
    name: str
    roles: frozenset[str]
    created_at: datetime
