"""What a policy keeps stays, until its time is over."""

import json
from datetime import timedelta

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.registries import ManualClock
from tests.service.governance.test_planning import moved
from tests.unit.governance.documents import a_document

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.catalog.domain.errors import VersionRetainedError
from modelkeep.domains.governance import Proposal
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import parse_selector

STAGES = [{"name": "Draft"}, {"name": "Live"}, {"name": "Archived"}]


def keep(services: Services, admin: Actor, scope: str = "*", **classes: str) -> None:
    """Let a policy govern that keeps these classes."""
    moves = [
        {"from": "Draft", "to": "Live"},
        {"from": "Live", "to": "Archived"},
    ]
    document = a_document(name="keeping", stages=STAGES, moves=moves, retention=classes)
    services.governance.planning.apply(admin, Proposal(scope, source=json.dumps(document)))


def delete(services: Services, admin: Actor, version: ModelVersion) -> None:
    services.versions.delete(admin, version.model, parse_selector(str(version.number)), seen=None)


@pytest.fixture
def used(services: Services, admin: Actor, clock: ManualClock) -> ModelVersion:
    """A version that was live, and is archived now, under a policy that keeps it for two years."""
    a_model(services, admin)
    keep(services, admin, versions="2y")
    version = a_version(services, admin)
    live = moved(services, admin, version, "Live")
    clock.advance(timedelta(days=10))
    return moved(services, admin, live, "Archived")


def test_a_version_that_was_in_use_is_kept_until_its_time_is_over(
    services: Services, admin: Actor, used: ModelVersion, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=700))
    with pytest.raises(VersionRetainedError, match="keeps such versions until") as refused:
        delete(services, admin, used)
    until = used.changed_at + timedelta(days=731)
    assert refused.value.details == {"version": used.reference, "until": timestamp(until)}
    with pytest.raises(VersionRetainedError):
        services.models.delete(admin, SCORER, seen=None)
    clock.advance(timedelta(days=31))
    delete(services, admin, used)
    services.models.delete(admin, SCORER, seen=None)


@pytest.mark.usefixtures("used")
def test_a_version_that_never_left_its_first_stage_is_not_kept(services: Services, admin: Actor) -> None:
    delete(services, admin, a_version(services, admin))


def test_assigning_a_weaker_policy_shortens_nothing(
    services: Services, admin: Actor, used: ModelVersion, clock: ManualClock
) -> None:
    services.governance.planning.apply(admin, Proposal("*", "open"))
    clock.advance(timedelta(days=1))
    with pytest.raises(VersionRetainedError):
        delete(services, admin, used)


def test_moving_once_more_under_a_weaker_policy_shortens_nothing(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    a_model(services, admin)
    keep(services, admin, versions="2y")
    live = moved(services, admin, a_version(services, admin), "Live")
    clock.advance(timedelta(days=10))
    services.governance.planning.apply(admin, Proposal("*", "open"))
    clock.advance(timedelta(days=1))
    archived = moved(services, admin, live, "Archived")
    moved(services, admin, a_version(services, admin), "Archived")
    with pytest.raises(VersionRetainedError):
        delete(services, admin, archived)
    with pytest.raises(VersionRetainedError):
        services.models.delete(admin, SCORER, seen=None)


def test_a_policy_that_never_governed_the_model_keeps_nothing(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    a_model(services, admin)
    services.governance.planning.apply(admin, Proposal("fraud/scorer", "open"))
    keep(services, admin, versions="2y")
    version = moved(services, admin, a_version(services, admin), "Archived")
    clock.advance(timedelta(days=1))
    delete(services, admin, version)


def test_a_policy_that_is_assigned_later_keeps_what_was_in_use_before(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    a_model(services, admin)
    version = moved(services, admin, a_version(services, admin), "Archived")
    clock.advance(timedelta(days=1))
    keep(services, admin, "fraud/scorer", versions="2y")
    with pytest.raises(VersionRetainedError):
        delete(services, admin, version)


def test_bodies_of_entries_stay_as_long_as_any_policy_says(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    a_model(services, admin)
    keep(services, admin, "fraud", audit="20y")
    clock.advance(timedelta(days=15 * 366))
    a_model(services, admin, "risk/other")
    assert services.audit_privacy.prune() == 0
    clock.advance(timedelta(days=6 * 366))
    assert services.audit_privacy.prune() > 0
