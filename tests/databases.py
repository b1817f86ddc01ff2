"""A fresh database for each test: SQLite, and a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.servers.postgres import PostgresServer

from modelkeep.app import schema
from modelkeep.platform.database import open_engines

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database that holds nothing yet, on each database in turn.

    One alone: `parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        file = tmp_path / "registry.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with _database(server, request.getfixturevalue("postgres_template")) as name:
        yield server.url(name)


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with _database(server) as name:
        yield server.url(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "registry.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    with _database(postgres_server) as name:
        migrate(postgres_server.url(name))
        yield name


@contextmanager
def _database(server: PostgresServer, template: str = "template0") -> Iterator[str]:
    name = server.new_database(template)
    try:
        yield name
    finally:
        server.drop_database(name)


def migrate(url: str) -> None:
    engines = open_engines(url, pool_size=1)
    try:
        with schema.locked_schema(engines) as connection:
            schema.migrate(connection)
    finally:
        engines.dispose()
