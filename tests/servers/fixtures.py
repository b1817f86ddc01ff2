"""The servers as fixtures of the whole session: `pytest_plugins = ["tests.servers.fixtures"]`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
from tests.servers import azurite, ceph_rgw, moto, openid_provider, postgres
from tests.servers.azurite import AzureServer
from tests.servers.openid_provider import OpenIdProvider
from tests.servers.postgres import PostgresServer
from tests.servers.processes import Running, ServerAbsentError, Start, running, shared
from tests.servers.s3 import S3Server

STRICT = "MODELKEEP_TEST_STRICT"


@pytest.fixture(scope="session")
def ceph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with _provided(ceph_rgw.start, "ceph", tmp_path_factory) as server:
        yield S3Server(**server.settings)


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with _provided(moto.start, "moto", tmp_path_factory) as server:
        yield S3Server(**server.settings)


@pytest.fixture(scope="session")
def azurite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureServer]:
    with _provided(azurite.start, "azurite", tmp_path_factory) as server:
        yield AzureServer(**server.settings)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with _provided(postgres.start, "postgres", tmp_path_factory) as server:
        yield PostgresServer(**server.settings)


@pytest.fixture(scope="session")
def openid_provider_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    own = f"openid-{os.environ.get('PYTEST_XDIST_WORKER', '')}"  # a test sets it up for itself: it cannot be shared
    with _provided(openid_provider.start, own, tmp_path_factory) as server:
        yield OpenIdProvider(**server.settings)


@contextmanager
def _provided(start: Start, name: str, factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Share the server among workers of pytest-xdist; if it is absent skip, or fail with MODELKEEP_TEST_STRICT=1."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    try:
        started = running(start) if alone else shared(start, factory.getbasetemp().parent / f"{name}.json")
        with started as server:
            yield server
    except ServerAbsentError as error:
        absent(str(error))


def absent(reason: str) -> NoReturn:
    """Skip a test for what the machine lacks; fail with MODELKEEP_TEST_STRICT=1."""
    if os.environ.get(STRICT) == "1":
        pytest.fail(f"{STRICT}=1, but: {reason}")
    pytest.skip(reason)
