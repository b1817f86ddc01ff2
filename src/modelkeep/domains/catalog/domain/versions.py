"""A version of a model: content, number, record and stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from modelkeep.domains.catalog.domain.errors import InvalidRecordError, TagNotFoundError
from modelkeep.domains.catalog.domain.fields import (
    MAX_DESCRIPTION,
    MAX_SHORT,
    MAX_TAG_VALUE,
    check_key,
    check_tags,
    check_text,
    tag_texts,
)
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.domains.catalog.domain.records import Metric, VersionRecord, merge_metrics
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event, Json, Receipt
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

DRAFT: Final = "Draft"
"""The stage that versions start in by the first lifecycle; only governance moves them."""

ARCHIVED: Final = "Archived"
"""The stage of versions that are kept for the record: such a one may be deleted."""

STAGES: Final = ("Draft", "Staging", "Production", "Deprecated", "Archived")
"""The stages of the default lifecycle: an alias must not be named like one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The alias or stage by which a version was found: since when it had it, who made it so, by which audit entry."""

    name: str
    since: datetime
    set_by: PrincipalId
    is_stage: bool = False
    entry: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Deprecation:
    """That a version should no longer be used: since when, until when it can be, what to use instead, and why.

    `successor` is an exact reference.
    """

    since: datetime
    ends_at: datetime | None = None
    successor: str | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version: its content never changes, facts about it are added.

    `found_by` is there when a reference by alias or stage led to it.
    """

    id: str
    model_id: str
    model: ModelName
    number: int
    version: Version
    stage: str
    manifest_digest: Digest
    file_count: int
    total_size: int
    record: VersionRecord
    aliases: tuple[str, ...]
    created_at: datetime
    created_by: PrincipalId
    changed_at: datetime
    changed_by: PrincipalId
    deleted_at: datetime | None = None
    quarantined_at: datetime | None = None
    deprecation: Deprecation | None = None
    revision: int = 1
    found_by: Standing | None = field(default=None, compare=False)

    @property
    def reference(self) -> str:
        """The exact reference to it."""
        return f"{self.model}:{self.version}"

    @property
    def facts(self) -> Json:
        """What the audit log keeps a digest of."""
        return {
            "id": self.id,
            "model_id": self.model_id,
            "number": self.number,
            "version": str(self.version),
            "manifest_digest": str(self.manifest_digest),
            "stage": self.stage,
            "revision": self.revision,
            **({} if self.quarantined_at is None else {"quarantined": True}),
            **({} if self.deprecation is None else {"deprecated": True}),
        }

    def registered(self, by: Actor, *, forced: str = "") -> Event:
        """Return the event of its registration; `forced` is why its version says less than its content changes."""
        record = self.record
        texts = {"description": record.description, "message": record.message} | tag_texts(record.tags)
        if forced:
            texts["forced_version"] = forced
        data: dict[str, Json] = {
            "model_id": self.model_id,
            "number": self.number,
            "version": str(self.version),
            "manifest_digest": str(self.manifest_digest),
            "stage": self.stage,
            "metrics": [_metric_data(metric) for metric in record.metrics],
        }
        return Event("catalog.version_registered", self.reference, by, self.created_at, data, texts, after=self.facts)

    def handed_out(self, name: str, to: Actor, at: datetime, facts: Mapping[str, Json] | None = None) -> Event:
        """Return the event of handing out content of it, for the access log."""
        data: dict[str, Json] = {
            "version_id": self.id,
            "number": self.number,
            "manifest_digest": str(self.manifest_digest),
            **(facts or {}),
        }
        return Event(name, self.reference, to, at, data)

    def describe(self, description: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Change the description."""
        check_text("description", description, MAX_DESCRIPTION)
        changed = self._changed(by, at, record=replace(self.record, description=description))
        return changed, self._event("catalog.version_updated", changed, by, texts={"description": description})

    def tag(self, key: str, value: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Set a tag."""
        check_key("tag", key)
        check_text(f"tag {key}", value, MAX_TAG_VALUE)
        changed = self._changed(by, at, record=replace(self.record, tags=check_tags({**self.record.tags, key: value})))
        return changed, self._event("catalog.version_tagged", changed, by, texts=tag_texts({key: value}))

    def untag(self, key: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Remove a tag.

        Raises:
            TagNotFoundError: the version has no such tag.
        """
        if key not in self.record.tags:
            raise TagNotFoundError(f"{self.reference} has no tag {key!r}", key=key)
        tags = {name: value for name, value in self.record.tags.items() if name != key}
        changed = self._changed(by, at, record=replace(self.record, tags=tags))
        return changed, self._event("catalog.version_untagged", changed, by, texts={"tag_key": key})

    def measure(self, metrics: tuple[Metric, ...], by: Actor, at: datetime) -> tuple[Self, Event]:
        """Add measurements; the log keeps those that are replaced."""
        if not metrics:
            raise InvalidRecordError("no metrics were sent; send at least one name and value")
        merged = merge_metrics(self.record.metrics, metrics)
        known = {metric.identity: metric for metric in self.record.metrics}
        replaced = [known[metric.identity] for metric in metrics if metric.identity in known]
        changed = self._changed(by, at, record=replace(self.record, metrics=merged))
        data: dict[str, Json] = {
            "metrics": [_metric_data(metric) for metric in metrics],
            "replaced": [_metric_data(metric) for metric in replaced],
        }
        return changed, self._event("catalog.metrics_logged", changed, by, data=data)

    def delete(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Delete it, softly: its number and version stay taken, and it can be restored."""
        changed = self._changed(by, at, deleted_at=moment_after(self.changed_at, at))
        return changed, self._event("catalog.version_deleted", changed, by)

    def restore(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Bring it back."""
        changed = self._changed(by, at, deleted_at=None)
        return changed, self._event("catalog.version_restored", changed, by)

    def moved(self, stage: str, by: Actor, at: datetime) -> Self:
        """Return it in another stage; whether it may go there, and the event, are for governance."""
        return self._changed(by, at, stage=stage)

    def quarantine(self, reason: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Withdraw it at once: what it is stays visible, its files are refused."""
        changed = self._changed(by, at, quarantined_at=moment_after(self.changed_at, at))
        return changed, self._event("catalog.version_quarantined", changed, by, texts={"reason": _reason(reason)})

    def release(self, reason: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """End its quarantine."""
        changed = self._changed(by, at, quarantined_at=None)
        return changed, self._event("catalog.version_released", changed, by, texts={"reason": _reason(reason)})

    def deprecate(
        self, ends_at: datetime | None, successor: str | None, notice: str, by: Actor, at: datetime
    ) -> tuple[Self, Event]:
        """Say that it should no longer be used; one that is deprecated already stays so since then.

        Raises:
            InvalidRecordError: the end is over, the version is to succeed itself, or the notice is too long.
        """
        check_text("notice", notice, MAX_SHORT)
        if ends_at is not None and ends_at <= at:
            raise InvalidRecordError("the end of a deprecation lies ahead; name a later time, or none", field="ends_at")
        if successor == self.reference:
            raise InvalidRecordError("a version does not succeed itself; name another one", field="successor")
        since = self.deprecation.since if self.deprecation else moment_after(self.changed_at, at)
        changed = self._changed(by, at, deprecation=Deprecation(since, ends_at, successor, notice))
        data: dict[str, Json] = {"ends_at": None if ends_at is None else timestamp(ends_at), "successor": successor}
        return changed, self._event("catalog.version_deprecated", changed, by, data=data, texts={"notice": notice})

    def undeprecate(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Take back that it should no longer be used."""
        changed = self._changed(by, at, deprecation=None)
        return changed, self._event("catalog.version_undeprecated", changed, by)

    def _changed(self, by: Actor, at: datetime, **values: object) -> Self:
        at = moment_after(self.changed_at, at)
        return replace(self, revision=self.revision + 1, changed_at=at, changed_by=by.id, **values)  # type: ignore[arg-type]  # replace() checks names at run time

    def _event(
        self,
        name: str,
        changed: "ModelVersion",
        by: Actor,
        *,
        data: Mapping[str, Json] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> Event:
        facts = {"version_id": self.id, "revision": changed.revision, **(data or {})}
        return Event(
            name, self.reference, by, changed.changed_at, facts, texts or {}, before=self.facts, after=changed.facts
        )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidRecordError("give a reason: people who find the version ask for it")
    check_text("reason", reason, MAX_DESCRIPTION)
    return reason


def _metric_data(metric: Metric) -> Json:
    """Return a metric for the audit leaf, which holds no floats: the value is its shortest exact decimal."""
    return {
        "name": metric.name,
        "value": repr(metric.value),
        "dataset": metric.dataset,
        "slice": metric.slice,
        "step": metric.step,
    }
