"""Each statement is compiled once in a process: every test opens engines of its own, and each would do it again."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(10_000)


def share_compiled_statements() -> None:
    """Let all engines of a kind of database share what is compiled, as the connections of one engine do."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):  # a dialect is part of the key
        kind.__eq__ = _same_kind  # type: ignore[method-assign,assignment]  # the tests have one server of each
        kind.__hash__ = _of_kind  # type: ignore[method-assign,assignment]  # as above
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)


def _same_kind(self: Dialect, other: object) -> bool:
    return type(self) is type(other)


def _of_kind(self: Dialect) -> int:
    return hash(type(self))
