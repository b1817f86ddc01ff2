"""Decides whether an actor may perform an action, and knows the names of principals."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from cachetools import TTLCache

from modelkeep.domains.access.domain.permissions import Permission, require
from modelkeep.domains.access.repository import AccessRepository
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database

NAME_CACHE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class AccessService:
    """Answers whether an actor may, and what principals are called."""

    database: Database
    _names: "TTLCache[str, str]" = field(
        default_factory=lambda: TTLCache(maxsize=10_000, ttl=NAME_CACHE_SECONDS), repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    def require(self, actor: Actor, permission: Permission, subject: str) -> None:
        """Raise ForbiddenError unless the actor may do this to the subject."""
        require(actor, permission, subject)

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names people know principals by, for display; an unknown one is shown by its id."""
        wanted = frozenset(ids)
        with self._lock:
            known = {identity: self._names[identity] for identity in wanted if identity in self._names}
        missing = wanted - known.keys()
        if missing:
            with self.database.snapshot() as tx:
                found = AccessRepository(tx).names(missing)
            with self._lock:
                self._names.update(found)
            known |= found
        return {identity: known.get(identity, identity) for identity in wanted}
