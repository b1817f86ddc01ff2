"""Models, content and versions for tests, made by the use cases that users call."""

from collections.abc import Mapping
from itertools import count
from typing import Any, TypedDict, Unpack

from modelkeep.app.bootstrap import Services
from modelkeep.domains.artifacts import UploadPlan
from modelkeep.domains.catalog import (
    BumpRequest,
    ListQuery,
    Model,
    ModelVersion,
    NewModel,
    NewVersion,
    RegisteredVersion,
    VersionRecord,
    Visibility,
)
from modelkeep.kernel.blob_frames import BlobFrame
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry, Manifest
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

SCORER = ModelName.parse("fraud/scorer")
ANYTHING = ListQuery()
EVERYTHING = PageRequest(1000)
EMPTY = VersionRecord()

_serial = count(1)


class ModelFacts(TypedDict, total=False):
    """What a model may be given; see `NewModel`."""

    description: str
    task: str
    visibility: Visibility
    owners: tuple[str, ...]
    tags: Mapping[str, str]


class Push(TypedDict, total=False):
    """What is pushed; see `register`."""

    files: Mapping[str, bytes]
    record: VersionRecord
    version: str


def some_files() -> dict[str, bytes]:
    """Two small files whose content no other call returns."""
    return {"config.json": b'{"layers": 2}', "weights/model.bin": f"weights {next(_serial)}".encode()}


def an_entry(path: str, data: bytes, *, media_type: str = "application/octet-stream", mode: int = 0o644) -> FileEntry:
    return FileEntry(path, len(data), Digest.of(data), media_type, mode)


def a_manifest(files: Mapping[str, bytes] | None = None) -> Manifest:
    chosen = some_files() if files is None else files
    return Manifest(tuple(an_entry(path, data) for path, data in chosen.items()))


def a_model(services: Services, actor: Actor, name: str | ModelName = SCORER, **facts: Unpack[ModelFacts]) -> Model:
    """Create a model, and its namespace if need be."""
    full = ModelName.parse(str(name))
    if all(known.name != full.namespace for known in services.namespaces.list(actor, ANYTHING, EVERYTHING).items):
        services.namespaces.create(actor, full.namespace, description="")
    return services.models.create(actor, NewModel(full, **facts)).value


def stored_content(
    services: Services, actor: Actor, files: Mapping[str, bytes], name: str | ModelName = SCORER
) -> UploadPlan:
    """Open an upload for a model that is there, and send every byte it asks for: in a batch, or in parts if large."""
    plan = services.registration.open_upload(actor, ModelName.parse(str(name)), a_manifest(files))
    missing = {blob.digest for blob in plan.missing}
    blobs = {digest: data for data in files.values() if (digest := Digest.of(data)) in missing}
    small = [BlobFrame(digest, data) for digest, data in blobs.items() if len(data) <= plan.limits.batch_blob]
    services.uploads.receive_batch(actor, plan.upload.id, small)
    for data in blobs.values():
        if len(data) > plan.limits.batch_blob:
            send_in_parts(services, actor, plan, data)
    return plan


def send_in_parts(services: Services, actor: Actor, plan: UploadPlan, data: bytes) -> None:
    digest = Digest.of(data)
    for part in services.uploads.plan_blob(actor, plan.upload.id, digest):
        piece = data[part.offset : part.offset + part.size]
        services.uploads.receive_part(actor, plan.upload.id, digest, part.number, [piece])
    assert services.uploads.complete_blob(actor, plan.upload.id, digest)


def register(
    services: Services,
    actor: Actor,
    name: str | ModelName = SCORER,
    *,
    files: Mapping[str, bytes] | None = None,
    record: VersionRecord = EMPTY,
    version: str = "auto",
) -> Recorded[RegisteredVersion]:
    """Push files to a model that is there and register them, as a client does; `version` may be a bump."""
    plan = stored_content(services, actor, some_files() if files is None else files, name)
    asked: dict[str, Any] = (
        {"bump": BumpRequest(version)} if version in set(BumpRequest) else {"version": Version.parse(version)}
    )
    new = NewVersion(plan.upload.manifest_digest, record, plan.upload.id, **asked)
    return services.registration.register(actor, ModelName.parse(str(name)), new)


def a_version(services: Services, actor: Actor, name: str | ModelName = SCORER, **facts: Unpack[Push]) -> ModelVersion:
    """Register a version of a model that is there; see `register`."""
    return register(services, actor, name, **facts).value.version
