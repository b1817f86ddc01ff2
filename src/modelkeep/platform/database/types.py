"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import JSON, CompoundSelect, DateTime, Dialect, Row, Select, String, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

from modelkeep.kernel.clock import timestamp

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A query whose columns are known to its reader only."""

AnyFound: TypeAlias = AnySelect | CompoundSelect[*tuple[Any, ...]]
"""A query of ids, or several of them together."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of such a query."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond: `timestamptz`, or RFC 3339 text that sorts as time on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Choose the column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Hand the driver a time, or its text."""
        if value is None or dialect.name == "postgresql":
            return value
        return timestamp(value)

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Return an aware time in UTC."""
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC) if value is not None else None


def ordered_text() -> TypeEngine[str]:
    """Return text that compares byte by byte on both databases: names, keys, digests, semver precedence keys."""
    return Text().with_variant(Text(collation="C"), "postgresql")


def json_document() -> TypeEngine[Any]:
    """Return a JSON document, kept as it was written: `jsonb` would reorder keys and turn 1e16 into an integer."""
    return JSON(none_as_null=True)
