"""Creates, describes, tags, deletes and restores models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog.domain.aliases import StageInterval, TagInterval
from modelkeep.domains.catalog.domain.errors import DeletionBlockedError
from modelkeep.domains.catalog.domain.fields import check_tags
from modelkeep.domains.catalog.domain.models import Model, ModelDetails, Visibility
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import AliasRepository, ModelRepository
from modelkeep.domains.catalog.repository.past import list_models_at
from modelkeep.domains.catalog.service.entries import TagQuestion, stage_entries, tag_page
from modelkeep.domains.catalog.service.retaining import KeptFor, kept_until, require_not_kept
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Database

SHOWN_BLOCKERS = 20


@dataclass(frozen=True, slots=True)
class NewModel:
    """What a model starts with."""

    name: ModelName
    description: str = ""
    task: str = ""
    visibility: Visibility = Visibility.PRIVATE
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelService:
    """Models: the names under which versions appear."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource
    kept_for: KeptFor

    def create(self, actor: Actor, new: NewModel) -> Recorded[Model]:
        """Create a model in a namespace that is there.

        Raises:
            NamespaceNotFoundError: there is no such namespace.
            ModelExistsError: the name is taken, if only by a deleted model.
        """
        ModelDetails(new.description, new.task, new.visibility, new.owners).checked()
        now = self.clock()
        model = Model(
            id=self.new_id(),
            name=new.name,
            description=new.description,
            task=new.task,
            visibility=new.visibility,
            owners=new.owners,
            tags=check_tags(new.tags),
            last_number=0,
            created_at=now,
            created_by=actor.id,
            changed_at=now,
            changed_by=actor.id,
        )
        with self.database.transaction() as tx:
            Guarded(tx, self.access, actor).home_of(Permission.MODEL_WRITE, new.name)
            ModelRepository(tx).add(model)
            tx.record(model.created(actor))
        return Recorded(model, tx.receipt)

    def get(self, actor: Actor, name: ModelName, *, as_of: datetime | None = None) -> Model:
        """Return a model that is not deleted, or was not at a time, as it was then."""
        with self.database.snapshot() as tx:
            return Guarded(tx, self.access, actor).model_at(Permission.MODEL_READ, name, as_of)

    def list(self, actor: Actor, query: ListQuery, page: PageRequest) -> Page[Model]:
        """Return one page of models, live or deleted, now or at the query's `as_of`."""
        values = self.access.values(actor, Permission.MODEL_READ)
        with self.database.snapshot() as tx:
            if query.as_of is not None:
                return list_models_at(tx, query, page, values, at=query.as_of)
            return ModelRepository(tx).list(query, page, values)

    def stages(
        self, actor: Actor, name: ModelName, page: PageRequest, *, as_of: datetime | None = None
    ) -> Page[StageInterval]:
        """Return one page of the stages that the model's versions held, newest first; as far as known at `as_of`."""
        with self.database.snapshot() as tx:
            model = Guarded(tx, self.access, actor).model_at(Permission.MODEL_READ, name, as_of)
            found = AliasRepository(tx).stages(model.id, page, as_of)
            return replace(found, items=stage_entries(tx, name, found.items))

    def tags(
        self,
        actor: Actor,
        name: ModelName,
        page: PageRequest,
        *,
        key: str | None = None,
        as_of: datetime | None = None,
    ) -> Page[TagInterval]:
        """Return one page of the tags a model has, or had at a time, by key.

        With a key, of all values that tag had until then, newest first.
        """
        with self.database.snapshot() as tx:
            model = Guarded(tx, self.access, actor).model_at(Permission.MODEL_READ, name, as_of)
            return tag_page(tx, "model.tag", str(name), model.id, TagQuestion(page, key, as_of))

    def update(self, actor: Actor, name: ModelName, details: ModelDetails, *, seen: int | None) -> Recorded[Model]:
        """Change what people say of a model last seen at revision `seen`."""
        return self._change(actor, name, seen, lambda model: model.update(details, actor, self.clock()))

    def set_tag(self, actor: Actor, name: ModelName, key: str, value: str, *, seen: int | None) -> Recorded[Model]:
        """Set a tag; one that has this value already is left alone."""
        return self._change(
            actor,
            name,
            seen,
            lambda model: None if model.tags.get(key) == value else model.tag(key, value, actor, self.clock()),
        )

    def remove_tag(self, actor: Actor, name: ModelName, key: str, *, seen: int | None) -> Recorded[Model]:
        """Remove a tag."""
        return self._change(actor, name, seen, lambda model: model.untag(key, actor, self.clock()))

    def _change(
        self,
        actor: Actor,
        name: ModelName,
        seen: int | None,
        decide: Callable[[Model], tuple[Model, Event] | None],
    ) -> Recorded[Model]:
        with self.database.transaction() as tx:
            models = ModelRepository(tx)
            model = Guarded(tx, self.access, actor).model(Permission.MODEL_WRITE, name, seen=seen)
            decision = decide(model)
            if decision is None:
                return Recorded(model, None)
            changed, event = decision
            models.save(changed, before=model)
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def delete(self, actor: Actor, name: ModelName, *, seen: int | None) -> Recorded[Model]:
        """Delete a model and hide its versions; it can be restored.

        Raises:
            DeletionBlockedError: aliases point to its versions, or such hold a stage; the details list them.
            VersionRetainedError: a policy keeps one of its versions, until a time that the details name.
        """
        with self.database.transaction() as tx:
            models = ModelRepository(tx)
            model = Guarded(tx, self.access, actor).model(Permission.MODEL_DELETE, name, seen=seen, lock=True)
            aliases = AliasRepository(tx).of_model(model.id, SHOWN_BLOCKERS)
            if aliases:
                raise DeletionBlockedError(
                    f"{name} cannot be deleted while it has aliases: {', '.join(aliases)}; remove them first",
                    aliases=list(aliases),
                )
            staged = AliasRepository(tx).staged(model.id, SHOWN_BLOCKERS)
            if staged:
                raise DeletionBlockedError(
                    f"{name} cannot be deleted while versions of it hold a stage: {', '.join(staged)}; promote them to "
                    "Archived first",
                    versions=list(staged),
                )
            require_not_kept(kept_until(tx, self.kept_for, model.id, name), tx, self.clock(), name)
            changed, event = model.delete(actor, self.clock())
            models.save(changed, before=model)
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def restore(self, actor: Actor, name: ModelName) -> Recorded[Model]:
        """Bring a deleted model back, with every version it had."""
        with self.database.transaction() as tx:
            models = ModelRepository(tx)
            model = Guarded(tx, self.access, actor).model(Permission.MODEL_DELETE, name, deleted=True)
            changed, event = model.restore(actor, self.clock())
            models.save(changed, before=model)
            tx.record(event)
        return Recorded(changed, tx.receipt)
