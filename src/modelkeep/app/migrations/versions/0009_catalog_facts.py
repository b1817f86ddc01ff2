"""What changes of namespaces, models and versions as intervals; what is there now begins with its last change."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 5000
_LENGTH = 300

# Times are copied as the database holds them.
_FACT = sa.table(
    "catalog_fact",
    *(sa.column(name, ordered_text()) for name in ("subject_id", "field", "key", "part", "text", "whole", "set_by")),
    sa.column("since"),
    sa.column("number", sa.Double()),
)


def _subjects(name: str, *more: sa.ColumnClause[Any]) -> sa.TableClause:
    return sa.table(
        name,
        sa.column("id", ordered_text()),
        sa.column("changed_at"),
        sa.column("changed_by", ordered_text()),
        sa.column("deleted_at"),
        sa.column("revision", sa.Integer()),
        *more,
    )


_MODEL = _subjects(
    "catalog_model",
    *(sa.column(name, ordered_text()) for name in ("description", "task", "visibility")),
    *(sa.column(name, json_document()) for name in ("owners", "tags")),
)
_VERSION = _subjects("catalog_version", sa.column("record", json_document()))

_Fact = dict[str, Any]


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "catalog_fact",
        *(sa.Column(name, ordered_text(), primary_key=True) for name in ("subject_id", "field", "key", "part")),
        sa.Column("since", UtcDateTime(), primary_key=True),
        sa.Column("text", ordered_text(), nullable=True),
        sa.Column("whole", ordered_text(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("set_by", ordered_text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
    )
    op.create_table(
        "catalog_namespace_state",
        sa.Column("name", ordered_text(), primary_key=True),
        sa.Column("since", UtcDateTime(), primary_key=True),
        sa.Column("description", ordered_text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", ordered_text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("set_by", ordered_text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
    )
    op.execute(
        "INSERT INTO catalog_namespace_state (name, since, description, created_at, created_by, revision, set_by) "
        "SELECT name, created_at, description, created_at, created_by, revision, created_by FROM catalog_namespace"
    )
    for kind, table in (("model", _MODEL), ("version", _VERSION)):
        columns = table.c
        since = (sa.literal("").label("key"), sa.literal("").label("part"), columns.changed_at, columns.changed_by)
        names = ["subject_id", "field", "key", "part", "since", "set_by"]
        said = (columns.id, sa.literal(f"{kind}.revision"), *since, columns.revision)
        op.execute(sa.insert(_FACT).from_select([*names, "number"], sa.select(*said)))
        deleted = sa.select(columns.id, sa.literal(f"{kind}.deleted"), *since).where(columns.deleted_at.is_not(None))
        op.execute(sa.insert(_FACT).from_select(names, deleted.select_from(table)))
    connection = op.get_bind()
    for table, of in ((_MODEL, _of_model), (_VERSION, _of_version)):
        last = ""
        while rows := connection.execute(
            sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(_BATCH)
        ).all():
            last = rows[-1].id
            if facts := [fact for row in rows for fact in of(row)]:
                connection.execute(sa.insert(_FACT), facts)
    op.create_index("ix_catalog_fact_value", "catalog_fact", ["field", "key", "text", "number", "subject_id"])


def _of_model(row: Any) -> Iterator[_Fact]:  # noqa: ANN401 - a row of this table only
    for name in ("description", "task", "visibility"):
        if value := getattr(row, name):
            yield _text(row, f"model.{name}", "", value)
    for place, owner in enumerate(row.owners):
        yield _text(row, "model.owner", "", owner) | {"part": f"{place:03}"}
    for key, value in row.tags.items():
        yield _text(row, "model.tag", key, value)


def _of_version(row: Any) -> Iterator[_Fact]:  # noqa: ANN401 - a row of this table only
    if value := row.record.get("description"):
        yield _text(row, "version.description", "", value)
    for key, value in row.record.get("tags", {}).items():
        yield _text(row, "version.tag", key, value)
    for metric in row.record.get("metrics", ()):
        yield _metric(row, metric)


def _metric(row: Any, metric: Mapping[str, Any]) -> _Fact:  # noqa: ANN401 - a row of this table only
    said = {name: metric[name] for name in ("dataset", "slice", "step") if name in metric}
    identity = (said.get("dataset", ""), said.get("slice", ""), said.get("step", -1))
    part = "" if identity == ("", "", -1) else sha256(json.dumps(identity).encode()).hexdigest()[:32]
    whole = json.dumps(said, ensure_ascii=False) if said else None
    found = _fact(row, "version.metric", metric["name"])
    return found | {"part": part, "whole": whole, "number": float(metric["value"])}


def _text(row: Any, field: str, key: str, value: str) -> _Fact:  # noqa: ANN401 - a row of these tables only
    short = value if len(value) <= _LENGTH else f"{value[:_LENGTH]}…{sha256(value.encode()).hexdigest()}"
    return _fact(row, field, key) | {
        "text": short,
        "whole": None if short == value else value,
        "number": _number(value),
    }


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _fact(row: Any, field: str, key: str) -> _Fact:  # noqa: ANN401 - a row of these tables only
    said = {"subject_id": row.id, "field": field, "key": key, "part": "", "since": row.changed_at}
    return said | {"set_by": row.changed_by, "text": None, "whole": None, "number": None}


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0009 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
