from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.registry_server import RegistryServer
from tests.e2e.test_push_and_pull import a_model, assert_same
from tests.servers.s3 import S3Server

from modelkeep.client import CorruptFileError
from modelkeep.kernel.digests import Digest


@pytest.fixture(scope="module", params=["moto_server", "ceph_server"])
def s3(request: pytest.FixtureRequest) -> S3Server:
    server: S3Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="module")
def s3_registry(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A registry whose files are on an S3 server, which the client reaches by presigned addresses."""
    options = {"MODELKEEP_STORE_URL": s3.new_bucket("models"), **s3.environment}
    server = RegistryServer(tmp_path_factory.mktemp("registry"), options)
    server.start()
    yield server
    server.stop()


def test_large_files_go_straight_to_the_object_store_and_come_straight_from_it(
    s3_registry: RegistryServer, tmp_path: Path
) -> None:
    source = a_model(tmp_path / "model")
    with s3_registry.connect(tmp_path / "cache") as registry:
        registry.push(source, "fraud/scorer")
        assert_same(source, registry.pull("fraud/scorer", tmp_path / "pulled"))
    assert not s3_registry.requests("PUT", "/parts/")
    assert not s3_registry.requests("GET", "/files/")


def test_a_damaged_object_is_refused_with_the_file_s_name(
    s3: S3Server, s3_registry: RegistryServer, tmp_path: Path
) -> None:
    source = a_model(tmp_path / "model")
    with s3_registry.connect(tmp_path / "cache") as registry:
        registry.push(source, "damaged")
        data = (source / "weights" / "parts.safetensors").read_bytes()
        bucket = s3_registry.options["MODELKEEP_STORE_URL"].split("/")[2]
        digest = Digest.of(data)
        key = f"models/blobs/sha256/{digest.hex[:2]}/{digest.hex}"
        s3.client.put_object(Bucket=bucket, Key=key, Body=data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(CorruptFileError, match=r"parts\.safetensors"):
            registry.pull("damaged", tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()
