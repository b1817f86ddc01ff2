"""What was pushed is what is handed out, byte for byte, to who may have it."""

from pathlib import Path

import pytest
from tests.builders import SCORER, a_manifest, a_model, a_version
from tests.people import somebody

from modelkeep.app.bootstrap import Services
from modelkeep.app.settings import Settings
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.artifacts import CorruptBlobError
from modelkeep.domains.artifacts.domain import blob_key
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.catalog.domain.errors import FileNotFoundInVersionError, VersionNotFoundError
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, Kind
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.references import ModelName, Number, parse_selector

WEIGHTS = bytes(range(256)) * 10_000  # in parts
FILES = {"weights/model.bin": WEIGHTS, "config.json": b"{}", "größe.txt": b"xy", "empty": b"", "copy.json": b"{}"}
FIRST = Number(1)


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    return a_version(services, admin, files=FILES)


def read(services: Services, admin: Actor, path: str, start: int = 0, end: int | None = None) -> bytes:
    file = services.content.open_file(admin, SCORER, FIRST, path)
    return b"".join(file.source.read(start, file.entry.size if end is None else end))


def test_a_manifest_is_handed_out_as_it_was_stored(services: Services, admin: Actor, version: ModelVersion) -> None:
    digest, document = services.content.manifest(admin, SCORER, FIRST)
    assert digest == version.manifest_digest == Digest.of(document)
    assert Manifest.parse(document) == a_manifest(FILES)
    assert services.content.manifest(admin, SCORER, parse_selector("1.0.0")) == (digest, document)


@pytest.mark.usefixtures("version")
def test_every_file_is_what_was_pushed(services: Services, admin: Actor) -> None:
    assert {path: read(services, admin, path) for path in FILES} == FILES
    file = services.content.open_file(admin, SCORER, FIRST, "config.json")
    assert (file.entry.size, file.entry.digest, file.source.digest) == (2, Digest.of(b"{}"), Digest.of(b"{}"))
    assert file.source.link() is None


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (1, 3), (2_559_999, 2_560_000), (100, 1_000_100), (2_560_000, 2_560_000)]
)
@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_part_of_a_file_is_those_bytes(services: Services, admin: Actor, start: int, end: int) -> None:
    assert read(services, admin, "weights/model.bin", start, end) == WEIGHTS[start:end]


@pytest.mark.parametrize("path", ["absent", "", "weights", "weights/", "/config.json", "../config.json", "CONFIG.JSON"])
@pytest.mark.usefixtures("version")
def test_a_path_that_the_version_does_not_have_is_not_found(services: Services, admin: Actor, path: str) -> None:
    with pytest.raises(FileNotFoundInVersionError, match="its manifest lists those it has"):
        services.content.open_file(admin, SCORER, FIRST, path)


@pytest.mark.usefixtures("version")
def test_many_small_blobs_are_opened_at_once_in_the_order_asked_for(services: Services, admin: Actor) -> None:
    asked = [Digest.of(data) for data in (b"xy", b"{}", b"", b"{}")]
    opened = list(services.content.open_batch(admin, SCORER, FIRST, asked))
    assert [blob.digest for blob in opened] == asked
    assert [b"".join(blob.read(0, blob.size)) for blob in opened] == [b"xy", b"{}", b"", b"{}"]
    assert list(services.content.open_batch(admin, SCORER, FIRST, [])) == []


@pytest.mark.usefixtures("version")
def test_a_batch_has_small_blobs_of_this_version_only(services: Services, admin: Actor) -> None:
    with pytest.raises(FileNotFoundInVersionError):
        services.content.open_batch(admin, SCORER, FIRST, [Digest.of(b"stranger")])
    with pytest.raises(InvalidValueError, match=r"weights/model\.bin has 2560000 bytes and does not go in a batch"):
        services.content.open_batch(admin, SCORER, FIRST, [Digest.of(WEIGHTS)])


def test_a_batch_has_an_upper_size(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    data = b"x" * 1_000_000
    a_version(services, admin, files={"a": data})
    assert len(list(services.content.open_batch(admin, SCORER, FIRST, [Digest.of(data)] * 8))) == 8
    with pytest.raises(InvalidValueError, match="a batch holds at most 8388608 bytes"):
        services.content.open_batch(admin, SCORER, FIRST, [Digest.of(data)] * 9)


@pytest.mark.usefixtures("version")
def test_a_blob_whose_bytes_are_gone_is_corrupt_and_named(services: Services, admin: Actor, settings: Settings) -> None:
    digest = Digest.of(b"xy")
    Path(settings.store_url, blob_key(digest)).unlink()
    with pytest.raises(CorruptBlobError, match=f"{digest} is recorded but its bytes are gone") as failure:
        read(services, admin, "größe.txt")
    assert (failure.value.kind, failure.value.details) == (Kind.CORRUPT, {"digest": str(digest)})
    (blob,) = services.content.open_batch(admin, SCORER, FIRST, [digest])
    with pytest.raises(CorruptBlobError):
        blob.read(0, blob.size)
    assert read(services, admin, "config.json") == b"{}"


def test_the_content_of_a_deleted_version_is_not_handed_out_until_it_is_restored(
    services: Services, admin: Actor, version: ModelVersion
) -> None:
    services.versions.delete(admin, SCORER, FIRST, seen=version.revision)
    for ask in (
        lambda: services.content.manifest(admin, SCORER, FIRST),
        lambda: services.content.open_file(admin, SCORER, FIRST, "config.json"),
        lambda: services.content.open_batch(admin, SCORER, FIRST, []),
    ):
        with pytest.raises(VersionNotFoundError):
            ask()
    services.versions.restore(admin, SCORER, FIRST)
    assert read(services, admin, "config.json") == b"{}"


@pytest.mark.usefixtures("version")
def test_content_belongs_to_its_model(services: Services, admin: Actor) -> None:
    with pytest.raises(VersionNotFoundError):
        services.content.open_file(admin, ModelName.parse("fraud/other"), FIRST, "config.json")


@pytest.mark.usefixtures("version")
def test_who_may_not_download_gets_the_manifest_and_no_bytes(services: Services) -> None:
    viewer = somebody(services, "viewer")
    for ask in (
        lambda: services.content.open_file(viewer, SCORER, FIRST, "config.json"),
        lambda: services.content.open_batch(viewer, SCORER, FIRST, []),
    ):
        with pytest.raises(ForbiddenError, match=r"version\.download"):
            ask()
    assert services.content.manifest(viewer, SCORER, FIRST)


def test_a_registry_says_whether_it_is_ready(services: Services, settings: Settings) -> None:
    assert services.readiness() == {"database": "ok", "object_store": "ok"}
    Path(settings.store_url).rename(settings.store_url + ".away")
    state = services.readiness()
    assert state["database"] == "ok"
    assert state["object_store"] != "ok"
