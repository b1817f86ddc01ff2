"""Moves aliases, and tells where they were."""

from dataclasses import dataclass, replace
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog.domain.aliases import (
    AliasInterval,
    alias_removed,
    alias_set,
    check_alias_name,
    check_seen,
    reserved_alias,
)
from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import AliasRepository, VersionRepository
from modelkeep.domains.catalog.repository.stage_names import StageNameRepository
from modelkeep.domains.catalog.service.entries import alias_entries
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName, Selector
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class AliasService:
    """Aliases of models, with their history."""

    database: Database
    access: AccessService
    clock: Clock

    def set(
        self, actor: Actor, model: ModelName, name: str, target: Selector, *, seen: int | None
    ) -> Recorded[AliasInterval]:
        """Point an alias to a version; `seen` is the alias's revision, 0 if it is new, None whatever it is now.

        Raises:
            InvalidRecordError: the name is that of a stage of some policy.
            StaleRevisionError: the alias is not what the caller saw.
            VersionNotFoundError: no live version answers to the target.
        """
        check_alias_name(name)
        with self.database.transaction() as tx:
            aliases = AliasRepository(tx)
            owner = Guarded(tx, self.access, actor).model(Permission.ALIAS_WRITE, model, lock=True)
            if StageNameRepository(tx).is_stage(name):
                raise reserved_alias(name)
            version = VersionRepository(tx).get(model, target)
            previous = aliases.find(owner.id, name)
            check_seen(name, previous, seen)
            if previous is not None and previous.version_id == version.id:
                return Recorded(previous, None)
            revision, moved_at = aliases.last_change(owner.id, name)
            at = moment_after(max(moved_at or version.changed_at, version.changed_at), self.clock())
            if previous is not None:
                aliases.end(owner.id, name, actor.id, at)
            current = AliasInterval(name, version.id, version.number, version.version, at, actor.id, revision + 1)
            aliases.begin(owner.id, current)
            tx.record(alias_set(version, name, previous, actor, at))
        return Recorded(current, tx.receipt)

    def remove(self, actor: Actor, model: ModelName, name: str, *, seen: int | None) -> Recorded[AliasInterval]:
        """Remove an alias; its history stays."""
        with self.database.transaction() as tx:
            aliases = AliasRepository(tx)
            owner = Guarded(tx, self.access, actor).model(Permission.ALIAS_WRITE, model, lock=True)
            previous = aliases.get(owner, name)
            check_seen(name, previous, seen)
            at = moment_after(previous.since, self.clock())
            aliases.end(owner.id, name, actor.id, at)
            tx.record(alias_removed(model, previous, actor, at))
        return Recorded(replace(previous, until=at, ended_by=actor.id), tx.receipt)

    def get(self, actor: Actor, model: ModelName, name: str, *, as_of: datetime | None = None) -> AliasInterval:
        """Return what an alias points to now, or pointed to at a time, and the audit entry that made it so."""
        with self.database.snapshot() as tx:
            found = AliasRepository(tx).get(self._seen(tx, actor, model, as_of), name, as_of)
            return alias_entries(tx, model, [found])[0]

    def list(
        self, actor: Actor, model: ModelName, page: PageRequest, *, as_of: datetime | None = None
    ) -> Page[AliasInterval]:
        """Return one page of the aliases a model has now, or had at a time, by name."""
        with self.database.snapshot() as tx:
            found = AliasRepository(tx).list(self._seen(tx, actor, model, as_of).id, page, as_of)
            return replace(found, items=alias_entries(tx, model, found.items))

    def history(
        self, actor: Actor, model: ModelName, name: str, page: PageRequest, *, as_of: datetime | None = None
    ) -> Page[AliasInterval]:
        """Return one page of what an alias pointed to, newest first; with `as_of`, as far as it was known then."""
        with self.database.snapshot() as tx:
            found = AliasRepository(tx).history(self._seen(tx, actor, model, as_of).id, name, page, as_of)
            return replace(found, items=alias_entries(tx, model, found.items))

    def _seen(self, tx: Transaction, actor: Actor, model: ModelName, as_of: datetime | None) -> Model:
        return Guarded(tx, self.access, actor).model_at(Permission.MODEL_READ, model, as_of)
