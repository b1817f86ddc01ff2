"""A version that should no longer be used says so, now and for any time, and names what to use instead."""

from datetime import timedelta

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import Deprecation, NewDeprecation
from modelkeep.domains.catalog.domain.errors import InvalidRecordError, VersionNotFoundError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Number, Reference

FIRST, SECOND = Number(1), Number(2)


@pytest.fixture(autouse=True)
def _versions(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin)
    a_version(services, admin)


def test_it_is_told_with_its_successor_until_it_is_taken_back(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    end = clock() + timedelta(days=30)
    newest = Reference.parse("fraud/scorer@latest")
    made = services.versions.deprecate(
        admin, SCORER, FIRST, NewDeprecation(ends_at=end, successor=newest, notice="slow"), seen=None
    ).value
    first = Deprecation(made.changed_at, end, "fraud/scorer:1.0.1", "slow")
    assert made.deprecation == first
    inside = clock()
    again = services.versions.deprecate(admin, SCORER, FIRST, NewDeprecation(notice="gone soon"), seen=None).value
    assert again.deprecation == Deprecation(first.since, notice="gone soon")
    reference = Reference.parse("fraud/scorer:1.0.0")
    assert services.versions.resolve(admin, reference).deprecation == again.deprecation
    assert services.versions.undeprecate(admin, SCORER, FIRST, seen=None).value.deprecation is None
    assert services.versions.resolve(admin, reference).deprecation is None
    assert services.versions.resolve(admin, reference.at(inside)).deprecation == first


def test_saying_it_again_changes_nothing(services: Services, admin: Actor) -> None:
    assert (
        services.versions.deprecate(admin, SCORER, FIRST, NewDeprecation(notice="slow"), seen=None).receipt is not None
    )
    assert services.versions.deprecate(admin, SCORER, FIRST, NewDeprecation(notice="slow"), seen=None).receipt is None
    assert services.versions.undeprecate(admin, SCORER, SECOND, seen=None).receipt is None


def test_what_makes_no_sense_is_refused(services: Services, admin: Actor, clock: ManualClock) -> None:
    with pytest.raises(InvalidRecordError, match="ahead"):
        services.versions.deprecate(
            admin, SCORER, FIRST, NewDeprecation(ends_at=clock() - timedelta(days=1)), seen=None
        )
    with pytest.raises(InvalidRecordError, match="succeed itself"):
        services.versions.deprecate(
            admin, SCORER, FIRST, NewDeprecation(successor=Reference.parse("fraud/scorer:1")), seen=None
        )
    with pytest.raises(VersionNotFoundError):
        services.versions.deprecate(
            admin, SCORER, FIRST, NewDeprecation(successor=Reference.parse("fraud/scorer:9.0.0")), seen=None
        )
