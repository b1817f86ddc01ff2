"""Decides whether an actor may perform an action, and knows the names of principals."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from cachetools import TTLCache

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.refusals import ForbiddenError, refusal
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.domain.standing import Explanation, Question
from modelkeep.domains.access.repository import (
    ANYWHERE,
    CHECK,
    AccessRepository,
    DirectoryRepository,
    Values,
    bound_values,
    read_standing,
    scope_values,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database, Transaction

NAME_CACHE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class AccessService:
    """Answers whether an actor may, and what principals are called."""

    database: Database
    clock: Clock
    _names: "TTLCache[str, str]" = field(
        default_factory=lambda: TTLCache(maxsize=10_000, ttl=NAME_CACHE_SECONDS), repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    def allows(
        self, tx: Transaction, actor: Actor, permission: Permission, scope: Scope, *, stage: str | None = None
    ) -> bool:
        """Say whether the actor may, on a scope; what a model's visibility gives is for the catalog to add.

        `stage` is the one that a permission on stages is asked for.
        """
        values = {**self.values(actor, permission, stage=stage), **scope_values(scope)}
        return bool(tx.session.execute(CHECK, values).scalar_one())

    def allows_somewhere(self, tx: Transaction, actor: Actor, permission: Permission) -> bool:
        """Say whether the actor may on the registry, or on any namespace or model."""
        return bool(tx.session.execute(ANYWHERE, self.values(actor, permission)).scalar_one())

    def require(
        self,
        tx: Transaction,
        actor: Actor,
        permission: Permission,
        scope: Scope,
        *,
        absent: RegistryError | None = None,
    ) -> None:
        """Refuse the actor what it may not do on a scope.

        Args:
            tx: the transaction of the use case; a refusal rolls it back.
            actor: who acts.
            permission: what the use case needs.
            scope: where.
            absent: the error for something that does not exist, if the actor must not tell that from what it may not
                even see.

        Raises:
            ForbiddenError: the actor may see it (or there is nothing to hide), and may not do this.
        """
        if self.allows(tx, actor, permission, scope):
            return
        if absent is not None and not self.allows(tx, actor, Permission.MODEL_READ, scope):
            raise absent
        raise self.refusal(actor, permission, scope)

    def explain(
        self, tx: Transaction, actor: Actor, who: str | None, question: Question, visibility: str | None
    ) -> Explanation:
        """Say why a principal, by default the actor with the token it acts by, may or may not do something.

        Raises:
            ForbiddenError: it is about somebody else, and the actor may not read grants there.
            PrincipalNotFoundError: there is nobody so called.
        """
        if who in (None, actor.id, actor.name):
            principal, token = DirectoryRepository(tx).find(actor.id), actor.token_id
        else:
            self.require(tx, actor, Permission.GRANT_READ, question.scope)
            principal, token = DirectoryRepository(tx).find(str(who)), None
        standing = read_standing(tx, principal, question.scope, question.at, token_id=token)
        return standing.explain(question, visibility)

    def refusal(self, actor: Actor, permission: Permission, scope: Scope) -> ForbiddenError:
        """Return the error for an actor who sees something and may not do this to it."""
        return refusal(actor, permission, scope, self.clock())

    def values(self, actor: Actor, permission: Permission, *, stage: str | None = None) -> Values:
        """Return what a statement with a condition of `permitted_where` is executed with."""
        return bound_values(actor, permission, self.clock(), stage=stage)

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
