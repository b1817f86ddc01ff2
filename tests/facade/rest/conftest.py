"""A registry of each test's own; importing a fixture is how pytest finds it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.databases import database_url, postgresql_template, sqlite_template
from tests.facade.rest.registry import Rest, a_registry
from tests.servers.postgres import MEMORY

__all__ = ["database_url", "on_each_database", "postgresql_template", "rest", "shared", "sqlite_template"]


@pytest.fixture
def rest() -> Iterator[Rest]:
    """A registry of the test's own, empty."""
    yield from _registry()


@pytest.fixture(scope="module")
def shared() -> Iterator[Rest]:
    """A registry that the tests of a module share: they read, or are refused."""
    yield from _registry()


@pytest.fixture
def on_each_database(database_url: str, tmp_path: Path) -> Iterator[Rest]:
    """A registry on SQLite, and one on PostgreSQL."""
    with a_registry(tmp_path / "data", database_url=database_url) as registry:
        yield registry


def _registry() -> Iterator[Rest]:
    """Keep the data in memory: what a disk does to it is for other tests."""
    with (
        TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        a_registry(Path(folder, "data")) as registry,
    ):
        yield registry
