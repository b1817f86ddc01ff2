"""Fills registries with versions that look alike on both sides.

Ours is filled through its repositories, many versions in one transaction: the same rows as by REST, in a fraction of
the time. The other one is filled through its own table classes, see `mlflow_seed.py`.
"""

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.modelkeep_server import Api, Home
from benchmarks.workspace import say
from modelkeep.app.bootstrap import STARTUP, build
from modelkeep.app.settings import Settings
from modelkeep.domains.catalog import AliasInterval, Metric, Model, ModelVersion, VersionRecord, Visibility
from modelkeep.domains.catalog.domain.versions import DRAFT
from modelkeep.domains.catalog.repository import AliasRepository, ModelRepository, VersionRepository
from modelkeep.kernel.blob_frames import MEDIA_TYPE
from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event
from modelkeep.kernel.ids import new_id
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import Transaction

VERSIONS_PER_MODEL: Final = 10
ALIASED: Final = 5
TEAMS: Final = 100
_MODELS_PER_TRANSACTION: Final = 500


@dataclass(frozen=True)
class Shape:
    """How many versions, in models of ten; 1 % of them has the tag team = team-0."""

    versions: int

    @property
    def models(self) -> int:
        """How many models."""
        return self.versions // VERSIONS_PER_MODEL


def store_content(api: Api) -> str:
    """Store one small file under the model bench/created and return the digest of its manifest."""
    content = b"the content of every version of the benchmark"
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    api.call("POST", "/namespaces", {"name": "bench"})
    api.call("POST", "/models", {"name": "bench/created"})
    entry = {"path": "model.bin", "size": len(content), "digest": digest}
    entry |= {"media_type": "application/octet-stream", "mode": 0o644}
    upload = api.call("POST", "/models/bench/created/uploads", {"files": [entry]})
    frame = f"{digest} {len(content)}\n".encode() + content
    api.call("POST", f"/uploads/{upload['id']}/blobs", frame, {"Content-Type": MEDIA_TYPE})
    body = {"manifest_digest": upload["manifest_digest"], "upload": upload["id"], "version": "0.0.1"}
    api.call("POST", "/models/bench/created/versions", body)
    manifest: str = upload["manifest_digest"]
    return manifest


def seed(home: Home, manifest: str, shape: Shape) -> None:
    """Add the models bench/m1, bench/m2 … with ten versions each, an alias `champion` on each fifth."""
    settings = Settings.read({}, data_dir=home.data, database_url=home.database_url or None)
    services = build(settings)
    try:
        database = services.versions.database
        numbers = iter(range(1, shape.models + 1))
        while batch := tuple(itertools.islice(numbers, _MODELS_PER_TRANSACTION)):
            with database.transaction() as tx:
                for number in batch:
                    _add_model(tx, number, Digest.parse(manifest))
                tx.record(Event("catalog.namespace_created", "bench", STARTUP, system_clock()))
            say(f"  seeded {batch[-1] * VERSIONS_PER_MODEL:,} versions")
    finally:
        services.close()


def _add_model(tx: Transaction, number: int, manifest: Digest) -> None:
    now, by = system_clock(), STARTUP.id
    name = ModelName("bench", f"m{number}")
    model = Model(new_id(), name, "", "", Visibility.INTERNAL, (), {}, 0, now, by, now, by)
    models, versions = ModelRepository(tx), VersionRepository(tx)
    models.add(model)
    for place, record in enumerate(records(number)):
        version = ModelVersion(
            id=new_id(),
            model_id=model.id,
            model=name,
            number=models.take_number(model.id),
            version=Version(1, 0, place),
            stage=DRAFT,
            manifest_digest=manifest,
            file_count=1,
            total_size=45,
            record=record,
            aliases=(),
            created_at=now,
            created_by=by,
            changed_at=now,
            changed_by=by,
        )
        versions.add(version)
        if place + 1 == ALIASED:
            pointing = AliasInterval("champion", version.id, version.number, version.version, now, by, 1)
            AliasRepository(tx).begin(model.id, pointing)


def records(model: int) -> Iterator[VersionRecord]:
    """Return what is said of the versions of a model: three tags and a metric."""
    chance = random.Random(model)  # noqa: S311 - the same data in every run
    for place in range(VERSIONS_PER_MODEL):
        index = model * VERSIONS_PER_MODEL + place
        tags = {"team": f"team-{index % TEAMS}", "framework": "sklearn", "run": f"run-{index}"}
        yield VersionRecord(tags=tags, metrics=(Metric("auc", chance.random()),))
