"""Finds, describes, tags, measures, deletes and restores versions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog.domain.aliases import TagInterval
from modelkeep.domains.catalog.domain.errors import DeletionBlockedError, NotQuarantinedError
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.records import Metric
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import AliasRepository, VersionRepository
from modelkeep.domains.catalog.repository.past import list_versions_at
from modelkeep.domains.catalog.repository.search import list_versions
from modelkeep.domains.catalog.service.entries import TagQuestion, standing_entry, tag_page
from modelkeep.domains.catalog.service.retaining import KeptFor, kept_until, require_not_kept
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName, Reference, Selector
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class NewDeprecation:
    """That a version should no longer be used: until when it can be, any reference to what to use instead, and why."""

    ends_at: datetime | None = None
    successor: Reference | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class VersionService:
    """Versions: what is registered, found by reference or by search."""

    database: Database
    access: AccessService
    clock: Clock
    kept_for: KeptFor

    def resolve(self, actor: Actor, reference: Reference) -> ModelVersion:
        """Return the version a reference means, now or at its `as_of`, and by which alias or stage it was found.

        Raises:
            InvalidValueError: the reference names a peer, and none is configured.
            VersionNotFoundError: nothing answers to it.
        """
        with self.database.snapshot() as tx:
            return standing_entry(tx, Guarded(tx, self.access, actor).resolve(Permission.VERSION_READ, reference))

    def list(
        self, actor: Actor, query: ListQuery, page: PageRequest, *, model: ModelName | None = None
    ) -> Page[ModelVersion]:
        """Return one page of versions, of one model or of all that the actor may see; see `ListQuery.as_of`."""
        with self.database.snapshot() as tx:
            guarded = Guarded(tx, self.access, actor)
            owner = None if model is None else guarded.model_at(Permission.VERSION_READ, model, query.as_of).id
            values = self.access.values(actor, Permission.VERSION_READ)
            if query.as_of is not None:
                return list_versions_at(tx, query, page, values, at=query.as_of, model_id=owner)
            return list_versions(tx, query, page, values, model_id=owner)

    def tags(
        self, actor: Actor, reference: Reference, page: PageRequest, *, key: str | None = None
    ) -> Page[TagInterval]:
        """Return one page of the tags a version has, or had at the reference's `as_of`, by key.

        With a key, of all values that tag had until then, newest first.
        """
        with self.database.snapshot() as tx:
            version = Guarded(tx, self.access, actor).resolve(Permission.VERSION_READ, reference)
            return tag_page(tx, "version.tag", version.reference, version.id, TagQuestion(page, key, reference.as_of))

    def describe(
        self, actor: Actor, model: ModelName, selector: Selector, *, description: str, seen: int | None
    ) -> Recorded[ModelVersion]:
        """Change the description of a version last seen at revision `seen`."""
        return self._change(
            actor, model, selector, seen, lambda version: version.describe(description, actor, self.clock())
        )

    def set_tag(
        self, actor: Actor, model: ModelName, selector: Selector, key: str, value: str, *, seen: int | None
    ) -> Recorded[ModelVersion]:
        """Set a tag; one that has this value already is left alone."""

        def decide(version: ModelVersion) -> tuple[ModelVersion, Event] | None:
            if version.record.tags.get(key) == value:
                return None
            return version.tag(key, value, actor, self.clock())

        return self._change(actor, model, selector, seen, decide)

    def remove_tag(
        self, actor: Actor, model: ModelName, selector: Selector, key: str, *, seen: int | None
    ) -> Recorded[ModelVersion]:
        """Remove a tag."""
        return self._change(actor, model, selector, seen, lambda version: version.untag(key, actor, self.clock()))

    def log_metrics(
        self, actor: Actor, model: ModelName, selector: Selector, metrics: tuple[Metric, ...]
    ) -> Recorded[ModelVersion]:
        """Add measurements to a version; concurrent ones of other names are all kept."""
        return self._change(actor, model, selector, None, lambda version: version.measure(metrics, actor, self.clock()))

    def quarantine(self, actor: Actor, model: ModelName, selector: Selector, *, reason: str) -> Recorded[ModelVersion]:
        """Withdraw a version at once: it stays visible, and in its stage, and its files are refused.

        One that is in quarantine already is left alone.
        """

        def decide(version: ModelVersion) -> tuple[ModelVersion, Event] | None:
            return None if version.quarantined_at else version.quarantine(reason, actor, self.clock())

        return self._change(actor, model, selector, None, decide, Permission.VERSION_QUARANTINE)

    def release(self, actor: Actor, model: ModelName, selector: Selector, *, reason: str) -> Recorded[ModelVersion]:
        """End the quarantine of a version.

        Raises:
            NotQuarantinedError: it is in none.
        """

        def decide(version: ModelVersion) -> tuple[ModelVersion, Event]:
            if version.quarantined_at is None:
                raise NotQuarantinedError(f"{version.reference} is not in quarantine", reference=version.reference)
            return version.release(reason, actor, self.clock())

        return self._change(actor, model, selector, None, decide, Permission.VERSION_QUARANTINE)

    def deprecate(
        self, actor: Actor, model: ModelName, selector: Selector, new: NewDeprecation, *, seen: int | None
    ) -> Recorded[ModelVersion]:
        """Say that a version should no longer be used, until when it can be, and what to use instead.

        Raises:
            VersionNotFoundError: nothing that the actor may see answers to the successor.
        """
        successor = None if new.successor is None else self.resolve(actor, new.successor).reference

        def decide(version: ModelVersion) -> tuple[ModelVersion, Event] | None:
            known, said = version.deprecation, (new.ends_at, successor, new.notice)
            if known is not None and (known.ends_at, known.successor, known.notice) == said:
                return None
            return version.deprecate(*said, actor, self.clock())

        return self._change(actor, model, selector, seen, decide)

    def undeprecate(
        self, actor: Actor, model: ModelName, selector: Selector, *, seen: int | None
    ) -> Recorded[ModelVersion]:
        """Take back that a version should no longer be used; one of which nobody said so is left alone."""
        return self._change(
            actor,
            model,
            selector,
            seen,
            lambda version: version.undeprecate(actor, self.clock()) if version.deprecation else None,
        )

    def _change(
        self,
        actor: Actor,
        model: ModelName,
        selector: Selector,
        seen: int | None,
        decide: Callable[[ModelVersion], tuple[ModelVersion, Event] | None],
        permission: Permission = Permission.VERSION_WRITE,
    ) -> Recorded[ModelVersion]:
        with self.database.transaction() as tx:
            versions = VersionRepository(tx)
            Guarded(tx, self.access, actor).model(permission, model, lock=True)
            version = versions.get(model, selector, seen=seen)
            decision = decide(version)
            if decision is None:
                return Recorded(version, None)
            changed, event = decision
            versions.save(changed, before=version)
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def delete(self, actor: Actor, model: ModelName, selector: Selector, *, seen: int | None) -> Recorded[ModelVersion]:
        """Delete a version, softly: number and version stay taken, content stays stored, it can be restored.

        Raises:
            DeletionBlockedError: aliases point to it, or it holds a stage; the details say so.
            VersionRetainedError: a policy keeps it, until a time that the details name.
        """
        with self.database.transaction() as tx:
            versions = VersionRepository(tx)
            Guarded(tx, self.access, actor).model(Permission.VERSION_DELETE, model, lock=True)
            version = versions.get(model, selector, seen=seen)
            aliases = AliasRepository(tx)
            blockers = aliases.of_version(version.id)
            if blockers:
                raise DeletionBlockedError(
                    f"{version.reference} cannot be deleted while aliases point to it: {', '.join(blockers)}; move or "
                    "remove them first",
                    aliases=list(blockers),
                )
            if aliases.staged(version.model_id, 1, version_id=version.id):
                raise DeletionBlockedError(
                    f"{version.reference} cannot be deleted while it is in {version.stage}; promote it to Archived "
                    "first",
                    stage=version.stage,
                )
            kept = kept_until(tx, self.kept_for, version.model_id, model, version.id)
            require_not_kept(kept, tx, self.clock(), model)
            changed, event = version.delete(actor, moment_after(aliases.left_at(version.id), self.clock()))
            versions.save(changed, before=version)
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def restore(self, actor: Actor, model: ModelName, selector: Selector) -> Recorded[ModelVersion]:
        """Bring a deleted version back."""
        with self.database.transaction() as tx:
            versions = VersionRepository(tx)
            guarded = Guarded(tx, self.access, actor)
            version = guarded.version(Permission.VERSION_DELETE, model, selector, deleted=True)
            changed, event = version.restore(actor, self.clock())
            versions.save(changed, before=version)
            tx.record(event)
        return Recorded(changed, tx.receipt)
