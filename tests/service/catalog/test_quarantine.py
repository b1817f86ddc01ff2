"""A version in quarantine stays visible, and its files are refused to all but those who look into it."""

from datetime import timedelta

import pytest
from tests.builders import ANYTHING, EVERYTHING, SCORER, a_model, a_version
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.catalog.domain.errors import InvalidRecordError, NotQuarantinedError, QuarantinedError
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Number, Reference

FIRST = Number(1)
DATA = b"weights"


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    return a_version(services, admin, files={"a": DATA})


@pytest.mark.usefixtures("version")
def test_its_files_are_refused_until_it_is_released(services: Services, admin: Actor, clock: ManualClock) -> None:
    before = clock()
    user = somebody(services, "contributor")
    quarantined = services.versions.quarantine(admin, SCORER, FIRST, reason="leaks training data")
    assert quarantined.receipt is not None
    for as_of in (None, before):
        with pytest.raises(QuarantinedError):
            services.content.open_file(user, SCORER, FIRST, "a", as_of=as_of)
        with pytest.raises(QuarantinedError):
            services.content.open_batch(user, SCORER, FIRST, [Digest.of(DATA)], as_of=as_of)
    assert services.content.manifest(user, SCORER, FIRST)
    services.content.open_file(admin, SCORER, FIRST, "a")  # who may look into it
    services.versions.release(admin, SCORER, FIRST, reason="it does not")
    services.content.open_file(user, SCORER, FIRST, "a")


def test_that_it_is_and_was_in_quarantine_is_told(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    reference = Reference.parse(version.reference)
    services.versions.quarantine(admin, SCORER, FIRST, reason="leaks")
    inside = clock()
    clock.advance(timedelta(hours=1))
    assert services.versions.resolve(admin, reference).quarantined_at is not None
    services.versions.release(admin, SCORER, FIRST, reason="does not")
    assert services.versions.resolve(admin, reference).quarantined_at is None
    then = services.versions.resolve(admin, reference.at(inside))
    assert then.quarantined_at is not None
    assert then.quarantined_at < inside
    (listed,) = services.versions.list(admin, ANYTHING, EVERYTHING).items
    assert listed.quarantined_at is None


@pytest.mark.usefixtures("version")
def test_doing_it_again_changes_nothing(services: Services, admin: Actor) -> None:
    first = services.versions.quarantine(admin, SCORER, FIRST, reason="leaks").value
    again = services.versions.quarantine(admin, SCORER, FIRST, reason="leaks")
    assert (again.value, again.receipt) == (first, None)


@pytest.mark.usefixtures("version")
def test_what_cannot_be_done_is_refused(services: Services, admin: Actor) -> None:
    with pytest.raises(NotQuarantinedError):
        services.versions.release(admin, SCORER, FIRST, reason="is in none")
    with pytest.raises(InvalidRecordError, match="reason"):
        services.versions.quarantine(admin, SCORER, FIRST, reason=" ")
    with pytest.raises(ForbiddenError):
        services.versions.quarantine(somebody(services, "contributor"), SCORER, FIRST, reason="leaks")
    assert services.versions.quarantine(somebody(services, "maintainer"), SCORER, FIRST, reason="leaks").receipt
