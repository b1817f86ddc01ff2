"""A fresh database for each test: SQLite, and a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, make_url, select
from tests.registries import Seed, first_start
from tests.servers.postgres import PostgresServer

from modelkeep.app import schema
from modelkeep.platform.database import Database, open_engines

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database that holds nothing yet, on each database in turn.

    With the fixture `started` it holds what the first start of a registry writes.

    One alone: `parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    started = "started" in request.fixturenames
    template = request.getfixturevalue(f"{request.param}_seed" if started else f"{request.param}_template")
    name = template.database if started else template
    if request.param == "sqlite":
        file = tmp_path / "registry.db"
        shutil.copyfile(name, file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with _database(server, name) as copy:
        yield server.url(copy)


@pytest.fixture
def seed(request: pytest.FixtureRequest, database_url: str) -> Seed:
    """What the first start left behind of which the test has a copy."""
    found: Seed = request.getfixturevalue(f"{make_url(database_url).get_backend_name()}_seed")
    return found


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
def postgresql_template(postgres_server: PostgresServer) -> Iterator[str]:
    with _database(postgres_server) as name:
        migrate(postgres_server.url(name))
        yield name


@pytest.fixture(scope="session")
def sqlite_seed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Seed:
    folder = tmp_path_factory.mktemp("seed")
    file = shutil.copyfile(sqlite_template, folder / "registry.db")
    return first_start(folder, f"sqlite:///{file}", str(file))


@pytest.fixture(scope="session")
def postgresql_seed(
    postgres_server: PostgresServer, postgresql_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seed]:
    with _database(postgres_server, postgresql_template) as name:
        yield first_start(tmp_path_factory.mktemp("seed"), postgres_server.url(name), name)


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


def all_values(database: Database) -> str:
    """Return every value of every table, as text."""
    texts = []
    with database.snapshot() as tx:
        metadata = MetaData()
        metadata.reflect(tx.session.connection())
        for table in metadata.sorted_tables:
            for row in tx.session.execute(select(table)):
                texts += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(texts)
