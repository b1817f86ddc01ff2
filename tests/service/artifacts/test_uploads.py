"""Bytes arrive in parts or batches, count once they are verified, and belong to who sends them until then."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select
from tests.builders import SCORER, a_manifest, a_model, an_entry, register, send_in_parts
from tests.people import somebody
from tests.registries import ManualClock, registry

from modelkeep.app.bootstrap import Services
from modelkeep.app.settings import Settings
from modelkeep.domains.artifacts import UploadPlan
from modelkeep.domains.artifacts.domain import (
    UPLOAD_LIFE,
    BlobMismatchError,
    BlobMissingError,
    BlobNotExpectedError,
    UploadNotFoundError,
    blob_key,
)
from modelkeep.domains.artifacts.tables import BlobRow, UploadBlobRow, UploadRow
from modelkeep.domains.catalog import NewVersion, VersionRecord
from modelkeep.domains.catalog.domain.errors import ModelNotFoundError
from modelkeep.kernel.blob_frames import BlobFrame
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import Manifest
from modelkeep.platform.objectstore import StagingIncompleteError

PART = 1000
WEIGHTS = b"0123456789" * 250  # three parts
CONFIG = b"{}"
FILES = {"model.bin": WEIGHTS, "config.json": CONFIG}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, part_bytes=PART)


@pytest.fixture
def upload(services: Services, admin: Actor) -> UploadPlan:
    """An upload of two files of which nothing has been sent."""
    a_model(services, admin)
    return services.registration.open_upload(admin, SCORER, a_manifest(FILES))


def missing(services: Services, actor: Actor, upload: UploadPlan) -> set[Digest]:
    return {blob.digest for blob in services.uploads.status(actor, upload.upload.id).missing}


def rows(services: Services, table: type[UploadRow | UploadBlobRow | BlobRow]) -> int:
    with services.access.database.snapshot() as tx:
        return tx.session.scalars(select(func.count()).select_from(table)).one()


def new_version(upload: UploadPlan) -> NewVersion:
    return NewVersion(upload.upload.manifest_digest, VersionRecord(), upload.upload.id)


def frames(*contents: bytes) -> list[BlobFrame]:
    return [BlobFrame(Digest.of(data), data) for data in contents]


def send(services: Services, actor: Actor, upload: UploadPlan, number: int, data: bytes = WEIGHTS) -> None:
    piece = data[(number - 1) * PART : number * PART]
    services.uploads.receive_part(actor, upload.upload.id, Digest.of(WEIGHTS), number, [piece[:7], piece[7:]])


def test_an_upload_says_which_blobs_the_registry_lacks(services: Services, admin: Actor, upload: UploadPlan) -> None:
    assert {(blob.digest, blob.size) for blob in upload.missing} == {
        (Digest.of(WEIGHTS), 2500),
        (Digest.of(CONFIG), 2),
    }
    assert upload.upload.manifest_digest == a_manifest(FILES).digest
    assert upload.upload.expires_at - upload.upload.created_at == UPLOAD_LIFE
    assert services.uploads.status(admin, upload.upload.id) == upload


def test_an_upload_needs_a_model(services: Services, admin: Actor) -> None:
    with pytest.raises(ModelNotFoundError):
        services.registration.open_upload(admin, SCORER, a_manifest())


def test_the_same_content_for_the_same_model_is_the_same_upload(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    services.uploads.receive_batch(admin, upload.upload.id, frames(CONFIG))
    again = services.registration.open_upload(admin, SCORER, a_manifest(dict(reversed(FILES.items()))))
    assert again.upload == upload.upload
    assert [blob.digest for blob in again.missing] == [Digest.of(WEIGHTS)]


def test_requests_at_once_for_the_same_content_share_one_upload(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    together = Barrier(8)

    def open_(_number: int) -> str:
        together.wait(20)
        return services.registration.open_upload(admin, SCORER, a_manifest(FILES)).upload.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_, range(8)))) == 1


def test_other_content_another_model_or_another_principal_is_another_upload(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    other_model = a_model(services, admin, "fraud/other").name
    other_actor = somebody(services, "admin")
    opened = [
        services.registration.open_upload(admin, SCORER, a_manifest({"model.bin": WEIGHTS})),
        services.registration.open_upload(admin, other_model, a_manifest(FILES)),
        services.registration.open_upload(other_actor, SCORER, a_manifest(FILES)),
    ]
    assert len({upload.upload.id, *(plan.upload.id for plan in opened)}) == 4


def test_an_upload_is_hidden_from_everybody_else(services: Services, admin: Actor, upload: UploadPlan) -> None:
    other, uploads, digest = somebody(services, "admin"), services.uploads, Digest.of(WEIGHTS)
    for use in (
        lambda: uploads.status(other, upload.upload.id),
        lambda: uploads.plan_blob(other, upload.upload.id, digest),
        lambda: uploads.receive_part(other, upload.upload.id, digest, 1, [WEIGHTS[:PART]]),
        lambda: uploads.complete_blob(other, upload.upload.id, digest),
        lambda: uploads.receive_batch(other, upload.upload.id, frames(CONFIG)),
        lambda: uploads.cancel(other, upload.upload.id),
    ):
        with pytest.raises(UploadNotFoundError) as refusal:
            use()
        assert refusal.value.kind is Kind.NOT_FOUND
    assert len(missing(services, admin, upload)) == 2


@pytest.mark.parametrize("upload_id", ["", "absent", "../..", "a\0b", "0199a1b2-0000-7000-8000-000000000001"])
def test_an_upload_that_is_not_there_is_not_found(services: Services, admin: Actor, upload_id: str) -> None:
    with pytest.raises((UploadNotFoundError, InvalidValueError)):
        services.uploads.status(admin, upload_id)


def test_a_blob_arrives_in_parts_in_any_order_and_again(services: Services, admin: Actor, upload: UploadPlan) -> None:
    digest = Digest.of(WEIGHTS)
    parts = services.uploads.plan_blob(admin, upload.upload.id, digest)
    assert [(part.number, part.offset, part.size, part.received) for part in parts] == [
        (1, 0, 1000, False),
        (2, 1000, 1000, False),
        (3, 2000, 500, False),
    ]
    for number in (3, 1, 3):
        send(services, admin, upload, number)
    received = [part.received for part in services.uploads.plan_blob(admin, upload.upload.id, digest)]
    assert received == [True, False, True]
    send(services, admin, upload, 2)
    assert services.uploads.complete_blob(admin, upload.upload.id, digest)
    assert missing(services, admin, upload) == {Digest.of(CONFIG)}
    assert services.uploads.complete_blob(admin, upload.upload.id, digest)


def test_an_interrupted_upload_goes_on_where_it_was_on_another_server(
    services: Services, admin: Actor, upload: UploadPlan, settings: Settings, clock: ManualClock
) -> None:
    send(services, admin, upload, 1)
    with registry(settings, clock) as (other, _):
        resumed = other.registration.open_upload(admin, SCORER, a_manifest(FILES))
        assert resumed.upload == upload.upload
        parts = other.uploads.plan_blob(admin, upload.upload.id, Digest.of(WEIGHTS))
        assert [part.received for part in parts] == [True, False, False]
        for number in (2, 3):
            send(other, admin, upload, number)
        assert other.uploads.complete_blob(admin, upload.upload.id, Digest.of(WEIGHTS))


def test_an_empty_file_is_a_part_of_no_bytes(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    upload = services.registration.open_upload(admin, SCORER, a_manifest({"empty": b""}))
    services.uploads.receive_part(admin, upload.upload.id, Digest.of(b""), 1, [])
    assert services.uploads.complete_blob(admin, upload.upload.id, Digest.of(b""))


def test_an_incomplete_blob_is_not_stored_and_the_missing_parts_are_named(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    send(services, admin, upload, 2)
    with pytest.raises(RegistryError, match=r"1, 3|2 parts|missing") as refusal:
        services.uploads.complete_blob(admin, upload.upload.id, Digest.of(WEIGHTS))
    assert refusal.value.kind is Kind.BLOCKED
    for number in (1, 3):
        send(services, admin, upload, number)
    assert services.uploads.complete_blob(admin, upload.upload.id, Digest.of(WEIGHTS))


def test_bytes_of_another_digest_are_refused_dropped_and_asked_for_again(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    digest, damaged = Digest.of(WEIGHTS), b"X" + WEIGHTS[1:]
    for number in (1, 2, 3):
        send(services, admin, upload, number, damaged)
    with pytest.raises(BlobMismatchError, match="push again") as refusal:
        services.uploads.complete_blob(admin, upload.upload.id, digest)
    assert refusal.value.details == {"expected": str(digest), "received": str(Digest.of(damaged))}
    assert services.uploads.store.find(blob_key(digest)) is None
    assert not any(part.received for part in services.uploads.plan_blob(admin, upload.upload.id, digest))
    for number in (1, 2, 3):
        send(services, admin, upload, number)
    assert services.uploads.complete_blob(admin, upload.upload.id, digest)


@pytest.mark.parametrize(("number", "data"), [(0, b""), (4, b""), (1, b"x" * 999), (1, b"x" * 1001), (3, b"x" * 1000)])
def test_a_part_that_is_not_in_the_plan_is_refused(
    services: Services, admin: Actor, upload: UploadPlan, number: int, data: bytes
) -> None:
    with pytest.raises(InvalidValueError):
        services.uploads.receive_part(admin, upload.upload.id, Digest.of(WEIGHTS), number, [data])
    parts = services.uploads.plan_blob(admin, upload.upload.id, Digest.of(WEIGHTS))
    assert not any(part.received for part in parts)


def test_a_blob_that_the_manifest_does_not_name_is_refused(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    stranger = Digest.of(b"stranger")
    for use in (
        lambda: services.uploads.plan_blob(admin, upload.upload.id, stranger),
        lambda: services.uploads.receive_part(admin, upload.upload.id, stranger, 1, [b"stranger"]),
        lambda: services.uploads.complete_blob(admin, upload.upload.id, stranger),
        lambda: services.uploads.receive_batch(admin, upload.upload.id, frames(CONFIG, b"stranger")),
    ):
        with pytest.raises(BlobNotExpectedError, match="open a new upload for other files"):
            use()
    assert len(missing(services, admin, upload)) == 2
    assert services.uploads.store.find(blob_key(stranger)) is None


def test_many_small_blobs_come_in_one_batch(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    files = {f"shard-{number:04}": f"shard {number}".encode() for number in range(600)}
    upload = services.registration.open_upload(admin, SCORER, a_manifest(files))
    stored = services.uploads.receive_batch(admin, upload.upload.id, frames(*files.values()))
    assert stored == tuple(Digest.of(data) for data in files.values())
    assert missing(services, admin, upload) == set()


def test_a_batch_may_be_empty_and_may_come_again(services: Services, admin: Actor, upload: UploadPlan) -> None:
    assert services.uploads.receive_batch(admin, upload.upload.id, []) == ()
    for _ in range(2):
        services.uploads.receive_batch(admin, upload.upload.id, frames(CONFIG, CONFIG))
    assert missing(services, admin, upload) == {Digest.of(WEIGHTS)}


def test_of_a_batch_with_a_damaged_blob_nothing_is_recorded(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    damaged = [*frames(CONFIG), BlobFrame(Digest.of(WEIGHTS), b"X" + WEIGHTS[1:])]
    with pytest.raises(BlobMismatchError):
        services.uploads.receive_batch(admin, upload.upload.id, damaged)
    assert len(missing(services, admin, upload)) == 2
    assert services.uploads.store.find(blob_key(Digest.of(WEIGHTS))) is None


def test_a_blob_of_another_size_than_announced_is_refused(services: Services, admin: Actor, upload: UploadPlan) -> None:
    with pytest.raises(BlobNotExpectedError):
        services.uploads.receive_batch(admin, upload.upload.id, [BlobFrame(Digest.of(CONFIG), b"{ }")])


def test_what_the_caller_could_download_is_never_asked_for_again(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    register(services, admin, files=FILES)
    other = a_model(services, admin, "fraud/other").name
    plan = services.registration.open_upload(admin, other, a_manifest(FILES | {"new": b"new"}))
    assert [blob.digest for blob in plan.missing] == [Digest.of(b"new")]


def test_what_is_stored_for_others_is_asked_for_as_if_it_were_not(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    register(services, admin, files=FILES)
    mine = a_model(services, admin, "team/mine").name
    other = somebody(services, ("contributor", "team"), ("viewer", "fraud"))
    upload = services.registration.open_upload(other, mine, a_manifest(FILES))
    assert {blob.digest for blob in upload.missing} == {Digest.of(CONFIG), Digest.of(WEIGHTS)}
    with pytest.raises(StagingIncompleteError):
        services.uploads.complete_blob(other, upload.upload.id, Digest.of(WEIGHTS))
    with pytest.raises(BlobMissingError):
        services.registration.register(other, mine, new_version(upload))
    send_in_parts(services, other, upload, WEIGHTS)
    services.uploads.receive_batch(other, upload.upload.id, frames(CONFIG))
    assert services.registration.register(other, mine, new_version(upload)).value.created
    assert rows(services, BlobRow) == 2


def test_a_resumed_upload_is_not_asked_for_what_came_with_it(
    services: Services, admin: Actor, upload: UploadPlan
) -> None:
    services.uploads.receive_batch(admin, upload.upload.id, frames(CONFIG))
    resumed = services.registration.open_upload(admin, SCORER, a_manifest(FILES))
    assert (resumed.upload.id, [blob.digest for blob in resumed.missing]) == (upload.upload.id, [Digest.of(WEIGHTS)])


def test_the_size_of_a_stored_blob_cannot_be_lied_about(services: Services, admin: Actor) -> None:
    """Its bytes are not sent again, so that nothing else would notice."""
    a_model(services, admin)
    register(services, admin, files=FILES)
    lie = replace(an_entry("model.bin", WEIGHTS), size=7)
    with pytest.raises(BlobMismatchError, match="has 2500 bytes, not 7"):
        services.registration.open_upload(admin, SCORER, Manifest((lie,)))


def test_the_size_of_a_blob_that_is_stored_meanwhile_cannot_be_lied_about(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    lie = Manifest((replace(an_entry("model.bin", WEIGHTS), size=7),))
    upload = services.registration.open_upload(admin, SCORER, lie)
    register(services, admin, files=FILES)
    with pytest.raises(BlobMissingError):
        services.registration.register(admin, SCORER, new_version(upload))
    with pytest.raises(BlobMismatchError, match="has 2500 bytes, not 7"):
        services.registration.open_upload(admin, SCORER, lie)


def test_senders_of_the_same_blob_at_once_do_not_hinder_each_other(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    actors = [somebody(services, "contributor") for _ in range(6)]
    files = {f"file-{number}": f"{number}".encode() * 50 for number in range(40)}
    together = Barrier(len(actors))

    def push(number: int) -> None:
        actor, order = actors[number], list(files.values())
        upload = services.registration.open_upload(actor, SCORER, a_manifest(files))
        together.wait(20)
        if number % 2:
            order.reverse()
        services.uploads.receive_batch(actor, upload.upload.id, frames(*order))

    with ThreadPoolExecutor(len(actors)) as pool:
        list(pool.map(push, range(len(actors))))
    assert rows(services, BlobRow) == len(files)


def test_a_cancelled_upload_is_gone_with_what_came_of_it(services: Services, admin: Actor, upload: UploadPlan) -> None:
    services.uploads.receive_batch(admin, upload.upload.id, frames(CONFIG))
    send(services, admin, upload, 1)
    services.uploads.cancel(admin, upload.upload.id)
    with pytest.raises(UploadNotFoundError):
        services.uploads.status(admin, upload.upload.id)
    fresh = services.registration.open_upload(admin, SCORER, a_manifest(FILES))
    assert fresh.upload.id != upload.upload.id
    assert {blob.digest for blob in fresh.missing} == {Digest.of(CONFIG), Digest.of(WEIGHTS)}
    parts = services.uploads.plan_blob(admin, fresh.upload.id, Digest.of(WEIGHTS))
    assert not any(part.received for part in parts)


def test_an_upload_ends_after_seven_days(
    services: Services, admin: Actor, upload: UploadPlan, clock: ManualClock, tmp_path: Path
) -> None:
    send(services, admin, upload, 1)
    clock.advance(UPLOAD_LIFE - timedelta(minutes=1))
    assert services.uploads.expire_uploads() == 0
    assert services.uploads.status(admin, upload.upload.id) == upload
    clock.advance(timedelta(minutes=1))
    with pytest.raises(UploadNotFoundError, match="it expired or its version is registered"):
        services.uploads.status(admin, upload.upload.id)
    fresh = services.registration.open_upload(admin, SCORER, a_manifest(FILES))
    assert fresh.upload.id != upload.upload.id
    assert services.uploads.expire_uploads() == 1
    assert (rows(services, UploadRow), rows(services, UploadBlobRow)) == (1, 2)
    assert not (tmp_path / "objects" / "staging" / upload.upload.id).exists()


def test_uploads_expire_a_hundred_at_once(services: Services, admin: Actor, clock: ManualClock) -> None:
    a_model(services, admin)
    for _ in range(101):
        services.registration.open_upload(admin, SCORER, a_manifest())
    clock.advance(UPLOAD_LIFE)
    assert [services.uploads.expire_uploads() for _ in range(3)] == [100, 1, 0]


def test_a_registered_upload_leaves_nothing_behind(services: Services, admin: Actor, tmp_path: Path) -> None:
    a_model(services, admin)
    register(services, admin, files=FILES)
    assert (rows(services, UploadRow), rows(services, UploadBlobRow), rows(services, BlobRow)) == (0, 0, 2)
    staging = tmp_path / "objects" / "staging"
    assert [folder.name for folder in staging.iterdir() if not folder.name.startswith(".")] == []


def test_a_push_that_changes_nothing_leaves_no_upload_behind(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    for _ in range(2):
        register(services, admin, files=FILES)
    assert rows(services, UploadRow) == 0


def test_nobody_can_drop_the_parts_of_anothers_upload(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    newest = register(services, admin, files=FILES).value.version
    victim = somebody(services, "contributor")
    upload = services.registration.open_upload(victim, SCORER, a_manifest({"big": WEIGHTS + b"!"}))
    digest = Digest.of(WEIGHTS + b"!")
    services.uploads.receive_part(victim, upload.upload.id, digest, 1, [WEIGHTS[:PART]])
    repeated = replace(new_version(upload), manifest_digest=newest.manifest_digest)
    assert not services.registration.register(admin, SCORER, repeated).value.created
    assert services.uploads.plan_blob(victim, upload.upload.id, digest)[0].received
