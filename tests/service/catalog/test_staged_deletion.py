"""What holds a stage cannot be deleted: governance alone takes it out of there."""

from datetime import UTC, datetime

import pytest
from tests.builders import SCORER, a_model, a_version

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ModelVersion, move_stage
from modelkeep.domains.catalog.domain.errors import DeletionBlockedError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Number

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def moved(services: Services, admin: Actor, version: ModelVersion, stage: str) -> ModelVersion:
    with services.access.database.transaction() as tx:
        changed = move_stage(tx, version, stage, admin, LATER)
        tx.record(
            Event(
                "catalog.version_updated",
                version.reference,
                admin,
                changed.changed_at,
                {"version_id": version.id, "revision": changed.revision},
            )
        )
    return changed


def test_neither_the_version_nor_its_model(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    live = moved(services, admin, a_version(services, admin), "Production")
    with pytest.raises(DeletionBlockedError, match="Production"):
        services.versions.delete(admin, SCORER, Number(1), seen=None)
    with pytest.raises(DeletionBlockedError, match=r"1\.0\.0"):
        services.models.delete(admin, SCORER, seen=None)
    moved(services, admin, live, "Archived")
    services.versions.delete(admin, SCORER, Number(1), seen=None)
    services.models.delete(admin, SCORER, seen=None)


def test_one_that_is_back_where_it_began(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    tried = moved(services, admin, a_version(services, admin), "Staging")
    moved(services, admin, tried, "Draft")
    services.versions.delete(admin, SCORER, Number(1), seen=None)
