"""A card of a version, as exports see it."""

from datetime import UTC, datetime
from typing import Any

from modelkeep.domains.cards.service.formats.values import Subject
from modelkeep.domains.catalog import ModelVersion, VersionRecord
from modelkeep.kernel.digests import Digest, digest_json
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.manifests import FileEntry
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
FILES = (
    FileEntry("model.json", 3, Digest("1" * 64), "application/json", 0o644),
    FileEntry("weights/w.bin", 3, Digest("2" * 64), "application/octet-stream", 0o644),
)


def a_subject(card: dict[str, Any]) -> Subject:
    version = ModelVersion(
        id="01a19b7c-a681-7328-ab1b-cae09de815ef",
        model_id="m",
        model=ModelName.parse("fraud/scorer"),
        number=4,
        version=Version.parse("1.4.0"),
        stage="Draft",
        manifest_digest=Digest("3" * 64),
        file_count=2,
        total_size=6,
        record=VersionRecord(),
        aliases=(),
        created_at=NOW,
        created_by=PrincipalId("p"),
        changed_at=NOW,
        changed_by=PrincipalId("p"),
    )
    return Subject(version, card, str(digest_json(card)), "2026-11-16T09:00:00.000000Z", lambda: FILES)
