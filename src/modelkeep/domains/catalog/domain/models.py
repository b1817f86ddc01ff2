"""Namespaces and models: the named homes of versions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from modelkeep.domains.catalog.domain.errors import TagNotFoundError
from modelkeep.domains.catalog.domain.fields import (
    MAX_DESCRIPTION,
    MAX_SHORT,
    MAX_TAG_VALUE,
    check_key,
    check_list,
    check_tags,
    check_text,
    tag_texts,
)
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.references import ModelName


class Visibility(StrEnum):
    """Who may see a model without a role on it.

    Of an internal model every principal but a CI identity sees the metadata, of a public one the content too.
    """

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A group of models: a team, a product, a domain."""

    name: str
    description: str
    created_at: datetime
    created_by: PrincipalId
    revision: int = 1

    def created(self, by: Actor) -> Event:
        """Return the event of its creation."""
        return Event(
            "catalog.namespace_created", self.name, by, self.created_at, texts={"description": self.description}
        )

    def describe(self, description: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Change the description."""
        check_text("description", description, MAX_DESCRIPTION)
        changed = replace(self, description=description, revision=self.revision + 1)
        return changed, Event(
            "catalog.namespace_updated", self.name, by, at, {"revision": changed.revision}, {"description": description}
        )

    def deleted(self, by: Actor, at: datetime) -> Event:
        """Return the event of its deletion."""
        return Event("catalog.namespace_deleted", self.name, by, at)


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What people say of a model; None leaves a field as it is."""

    description: str | None = None
    task: str | None = None
    visibility: Visibility | None = None
    owners: tuple[str, ...] | None = None

    def checked(self) -> Self:
        """Return the details, or refuse them when a text is too long or there are too many owners."""
        check_text("description", self.description or "", MAX_DESCRIPTION)
        check_text("task", self.task or "", MAX_SHORT)
        check_list("owners", len(self.owners or ()))
        for owner in self.owners or ():
            check_key("owner", owner)
        return self

    @property
    def texts(self) -> dict[str, str]:
        """What of it people typed, for the erasable side of the audit log."""
        typed = {"description": self.description, "task": self.task}
        owners = {} if self.owners is None else {"owners": "\n".join(self.owners)}
        return {name: value for name, value in typed.items() if value is not None} | owners


@dataclass(frozen=True, slots=True)
class Model:
    """An AI model: a name under which versions appear."""

    id: str
    name: ModelName
    description: str
    task: str
    visibility: Visibility
    owners: tuple[str, ...]
    tags: Mapping[str, str]
    last_number: int
    created_at: datetime
    created_by: PrincipalId
    changed_at: datetime
    changed_by: PrincipalId
    deleted_at: datetime | None = None
    revision: int = 1

    @property
    def facts(self) -> Json:
        """What the audit log keeps a digest of."""
        return {"id": self.id, "name": str(self.name), "revision": self.revision, "visibility": self.visibility.value}

    def created(self, by: Actor) -> Event:
        """Return the event of its creation."""
        details = ModelDetails(self.description, self.task, self.visibility, self.owners)
        texts = details.texts | tag_texts(self.tags)
        data: dict[str, Json] = {"model_id": self.id, "revision": self.revision}
        return Event("catalog.model_created", str(self.name), by, self.created_at, data, texts, after=self.facts)

    def update(self, details: ModelDetails, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Change what people say of it."""
        checked = details.checked()
        values = {
            "description": self.description if checked.description is None else checked.description,
            "task": self.task if checked.task is None else checked.task,
            "visibility": checked.visibility or self.visibility,
            "owners": self.owners if checked.owners is None else checked.owners,
        }
        changed = self._changed(by, at, **values)
        return changed, self._event("catalog.model_updated", changed, by, checked.texts)

    def tag(self, key: str, value: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Set a tag."""
        check_key("tag", key)
        check_text(f"tag {key}", value, MAX_TAG_VALUE)
        changed = self._changed(by, at, tags=check_tags({**self.tags, key: value}))
        return changed, self._event("catalog.model_tagged", changed, by, tag_texts({key: value}))

    def untag(self, key: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Remove a tag.

        Raises:
            TagNotFoundError: the model has no such tag.
        """
        if key not in self.tags:
            raise TagNotFoundError(f"{self.name} has no tag {key!r}; see 'modelkeep show {self.name}'", key=key)
        changed = self._changed(by, at, tags={name: value for name, value in self.tags.items() if name != key})
        return changed, self._event("catalog.model_untagged", changed, by, {"tag_key": key})

    def delete(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Delete it, softly: it can be restored under its name."""
        changed = self._changed(by, at, deleted_at=moment_after(self.changed_at, at))
        return changed, self._event("catalog.model_deleted", changed, by, {})

    def restore(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Bring it back."""
        changed = self._changed(by, at, deleted_at=None)
        return changed, self._event("catalog.model_restored", changed, by, {})

    def _changed(self, by: Actor, at: datetime, **values: object) -> Self:
        at = moment_after(self.changed_at, at)
        return replace(self, revision=self.revision + 1, changed_at=at, changed_by=by.id, **values)  # type: ignore[arg-type]  # replace() checks names at run time

    def _event(self, name: str, changed: "Model", by: Actor, texts: Mapping[str, str]) -> Event:
        data: dict[str, Json] = {"model_id": self.id, "revision": changed.revision}
        return Event(name, str(self.name), by, changed.changed_at, data, texts, before=self.facts, after=changed.facts)
