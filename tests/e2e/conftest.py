"""What the tests of whole processes share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.installation import Installation, install
from tests.e2e.registry_server import RegistryServer

from modelkeep.client import Registry


@pytest.fixture(scope="module")
def registry_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A server that the tests of one module share."""
    server = RegistryServer(tmp_path_factory.mktemp("registry"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RegistryServer]:
    """A server of one test's own, which it may kill."""
    server = RegistryServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def registry(registry_server: RegistryServer, tmp_path: Path) -> Iterator[Registry]:
    """The SDK, with a cache of the test's own."""
    with registry_server.connect(tmp_path / "cache") as connected:
        yield connected


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, installed without extras."""
    return install(tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="session")
def model_maker(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel beside what trains a model."""
    made = install(tmp_path_factory.mktemp("model-maker"))
    made.install("scikit-learn>=1.7", "joblib>=1.5")
    return made
