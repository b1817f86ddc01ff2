"""The declarative base every table derives from."""

from functools import cache
from typing import ClassVar

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Common metadata, so that Alembic sees every table under stable constraint names.

    A table with `bookkeeping = True` holds no fact about the registry's subjects (uploads in flight, leases, caches):
    it may be written without an event.
    """

    metadata = MetaData(naming_convention=NAMING)
    bookkeeping: ClassVar[bool] = False


def table_of(row: type[Base]) -> Table:
    """Return the table of a row class.

    A statement over tables costs half of what one over mapped classes does, and one that is built once and bound when
    it runs a tenth of that: frequent statements are constants.
    """
    table = row.__table__
    assert isinstance(table, Table)  # noqa: S101 - the declarative base makes nothing else
    return table


@cache
def is_bookkeeping(table: Table) -> bool:
    """Say whether a table may be written without an event; unknown tables may not."""
    return any(
        mapper.class_.__tablename__ == table.name and mapper.class_.bookkeeping for mapper in Base.registry.mappers
    )
