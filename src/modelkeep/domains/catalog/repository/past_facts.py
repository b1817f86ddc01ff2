"""What models and versions were at a time: what never changes of them, with the facts of that time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from modelkeep.domains.audit import ERASED
from modelkeep.domains.catalog.domain.models import Model, Visibility
from modelkeep.domains.catalog.domain.records import Metric
from modelkeep.domains.catalog.domain.versions import Deprecation, ModelVersion
from modelkeep.domains.catalog.repository.facts import AT, holds
from modelkeep.domains.catalog.tables import FACT
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow

_FACTS: Final = (
    select(
        FACT.c.subject_id,
        FACT.c.field,
        FACT.c.key,
        FACT.c.text,
        FACT.c.whole,
        FACT.c.number,
        FACT.c.since,
        FACT.c.set_by,
    )
    .where(FACT.c.subject_id.in_(bindparam("subjects", expanding=True)), holds(FACT, AT))
    .order_by(FACT.c.subject_id, FACT.c.field, FACT.c.key, FACT.c.part)
)


def models_at(session: Session, models: Sequence[Model], at: datetime) -> tuple[Model, ...]:
    """Return models as they were at a time; one query for all of them."""
    found = _facts_at(session, [model.id for model in models], at)
    return tuple(_model_at(model, found[model.id]) for model in models)


def versions_at(session: Session, versions: Sequence[ModelVersion], at: datetime) -> tuple[ModelVersion, ...]:
    """Return versions as they were at a time; one query for all of them."""
    found = _facts_at(session, [version.id for version in versions], at)
    return tuple(_version_at(version, found[version.id]) for version in versions)


class _Facts:
    """What was so of one subject at a time; its rows are in the order of their keys and parts."""

    def __init__(self) -> None:
        self._rows: dict[str, list[AnyRow]] = {}

    def add(self, row: AnyRow) -> None:
        self._rows.setdefault(row.field, []).append(row)

    def rows(self, field: str) -> Iterable[AnyRow]:
        return self._rows.get(field, ())

    def texts(self, field: str) -> tuple[str, ...]:
        return tuple(whole_text(row) for row in self.rows(field))

    def text(self, field: str) -> str:
        return next(iter(self.texts(field)), "")

    def tags(self, field: str) -> dict[str, str]:
        return {row.key: whole_text(row) for row in self.rows(field)}

    def state(self, kind: str, subject: Model | ModelVersion) -> dict[str, Any]:
        """Return deletion and revision; before the first that is known of, the subject was as it was made."""
        deleted_at = next((row.since for row in self.rows(f"{kind}.deleted")), None)
        for row in self.rows(f"{kind}.revision"):
            by = PrincipalId(row.set_by)
            return {"deleted_at": deleted_at, "revision": int(row.number), "changed_at": row.since, "changed_by": by}
        made = {"changed_at": subject.created_at, "changed_by": subject.created_by}
        return {"deleted_at": deleted_at, "revision": 1} | made


def _facts_at(session: Session, subjects: Sequence[str], at: datetime) -> dict[str, _Facts]:
    found = {subject: _Facts() for subject in subjects}
    for row in session.execute(_FACTS, {"subjects": list(subjects), "at": at}) if subjects else ():
        found[row.subject_id].add(row)
    return found


def _model_at(model: Model, facts: _Facts) -> Model:
    visibility = facts.text("model.visibility")
    return replace(
        model,
        description=facts.text("model.description"),
        task=facts.text("model.task"),
        visibility=Visibility(visibility) if visibility else model.visibility,
        owners=facts.texts("model.owner"),
        tags=facts.tags("model.tag"),
        **facts.state("model", model),
    )


def _version_at(version: ModelVersion, facts: _Facts) -> ModelVersion:
    metrics = [Metric(row.key, row.number, **json.loads(row.whole or "{}")) for row in facts.rows("version.metric")]
    record = replace(
        version.record,
        description=facts.text("version.description"),
        tags=facts.tags("version.tag"),
        metrics=tuple(sorted(metrics, key=lambda metric: metric.identity)),
    )
    quarantined_at = next((row.since for row in facts.rows("version.quarantined")), None)
    return replace(
        version,
        record=record,
        quarantined_at=quarantined_at,
        deprecation=_deprecation_at(facts),
        **facts.state("version", version),
    )


def _deprecation_at(facts: _Facts) -> Deprecation | None:
    ends_at, successor = (facts.text(f"version.deprecated_{name}") for name in ("until", "successor"))
    for row in facts.rows("version.deprecated"):
        until = datetime.fromisoformat(ends_at) if ends_at else None
        return Deprecation(row.since, until, successor or None, facts.text("version.deprecated_notice"))
    return None


def whole_text(row: AnyRow) -> str:
    """Return the text of a fact."""
    text: str | None = row.text if row.whole is None else row.whole
    return ERASED if text is None else text
