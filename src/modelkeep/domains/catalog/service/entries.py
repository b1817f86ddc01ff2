"""The audit entries that made things so: each answer about an interval names the entry that proves it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from modelkeep.domains.audit import receipt_of, receipts_of
from modelkeep.domains.catalog.domain.aliases import AliasInterval, StageInterval, TagInterval
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.tags import TagRepository
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

I = TypeVar("I", AliasInterval, StageInterval, TagInterval)  # noqa: E741 - I for interval


def alias_entries(tx: Transaction, model: ModelName, intervals: Sequence[AliasInterval]) -> tuple[AliasInterval, ...]:
    """Return the intervals of aliases of a model, each with its entry; one query for all."""
    return _with_entries(tx, intervals, lambda interval: f"{model}@{interval.name}")


def stage_entries(tx: Transaction, model: ModelName, intervals: Sequence[StageInterval]) -> tuple[StageInterval, ...]:
    """Return the intervals of stages of a model's versions, each with its entry; one query for all."""
    return _with_entries(tx, intervals, lambda interval: f"{model}:{interval.version}")


@dataclass(frozen=True, slots=True)
class TagQuestion:
    """Which page of tags: those now or at a time, or with a key all values that one had until then."""

    page: PageRequest
    key: str | None
    as_of: datetime | None


def tag_page(tx: Transaction, field: str, subject: str, subject_id: str, question: TagQuestion) -> Page[TagInterval]:
    """Return one page of tags of a subject, each with its entry; two queries in all."""
    tags = TagRepository(tx, field, subject_id)
    if question.key is None:
        found = tags.list(question.page, question.as_of)
    else:
        found = tags.history(question.key, question.page, question.as_of)
    return replace(found, items=_with_entries(tx, found.items, lambda _: subject))


def standing_entry(tx: Transaction, version: ModelVersion) -> ModelVersion:
    """Return a version with the entry of the alias or stage by which it was found, if it was."""
    standing = version.found_by
    if standing is None:
        return version
    subject = version.reference if standing.is_stage else f"{version.model}@{standing.name}"
    return replace(version, found_by=replace(standing, entry=receipt_of(tx, subject, standing.since)))


def _with_entries(tx: Transaction, intervals: Sequence[I], subject: Callable[[I], str]) -> tuple[I, ...]:
    places = [(subject(interval), interval.since) for interval in intervals]
    entries = receipts_of(tx, places)
    return tuple(replace(interval, entry=entries.get(place)) for interval, place in zip(intervals, places, strict=True))
