"""Every implementation of the port; a new one joins with a function and a line in `IMPLEMENTATIONS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from tests.servers.s3 import S3Server

from modelkeep.platform.objectstore import ObjectStore, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.azurite import AzureServer


@dataclass(frozen=True)
class Place:
    """Where one test keeps its objects."""

    url: str
    options: Mapping[str, str] = field(default_factory=dict)
    s3: S3Server | None = None

    @cached_property
    def store(self) -> ObjectStore:
        return open_store(self.url, options=self.options)


def _local(request: pytest.FixtureRequest) -> Place:
    folder: Path = request.getfixturevalue("tmp_path")
    return Place(str(folder / "objects"))


def _memory(_request: pytest.FixtureRequest) -> Place:
    return Place("memory://")


def _ceph(request: pytest.FixtureRequest) -> Place:
    server: S3Server = request.getfixturevalue("ceph_server")
    return Place(server.new_bucket("some/prefix"), server.options, s3=server)


def _moto(request: pytest.FixtureRequest) -> Place:
    server: S3Server = request.getfixturevalue("moto_server")
    return Place(server.new_bucket(), server.options, s3=server)


def _azurite(request: pytest.FixtureRequest) -> Place:
    server: AzureServer = request.getfixturevalue("azurite_server")
    return Place(server.new_container("prefix"), server.options)


IMPLEMENTATIONS: dict[str, Callable[[pytest.FixtureRequest], Place]] = {
    "local": _local,
    "memory": _memory,
    "ceph": _ceph,
    "moto": _moto,
    "azurite": _azurite,
}
REMOTE = ["ceph", "moto", "azurite"]


@pytest.fixture(params=IMPLEMENTATIONS)
def place(request: pytest.FixtureRequest) -> Place:
    """Each implementation in turn, or those of `parametrize("place", REMOTE, indirect=True)`."""
    return IMPLEMENTATIONS[request.param](request)


@pytest.fixture
def store(place: Place) -> ObjectStore:
    return place.store
