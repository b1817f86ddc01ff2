"""Every form of a reference finds the version it means, now or at a time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from tests.builders import SCORER, a_model, a_version
from tests.registries import START, ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ListQuery, ModelVersion
from modelkeep.domains.catalog.domain.errors import VersionNotFoundError
from modelkeep.kernel.errors import InvalidValueError, Kind
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Matching, ModelName, Number, Reference
from modelkeep.kernel.semver import Range, Version

# In the order they are registered, which is not their precedence.
VERSIONS = ["1.0.0", "2.0.0-rc.1", "1.2.0", "2.0.0-rc.2", "1.10.0", "1.2.1", "0.9.0", "1.11.0-beta", "1.2.1+cuda"]
MEANT = {
    "fraud/scorer:1.2.0": "1.2.0",
    "fraud/scorer:2.0.0-rc.1": "2.0.0-rc.1",
    "fraud/scorer:1.2.1+cuda": "1.2.1+cuda",
    "fraud/scorer:1": "1.0.0",
    "fraud/scorer:4": "2.0.0-rc.2",
    "fraud/scorer:^1": "1.10.0",
    "fraud/scorer:^1.2.1": "1.10.0",
    "fraud/scorer:~1.2.0": "1.2.1+cuda",
    "fraud/scorer:1.x": "1.10.0",
    "fraud/scorer:>=1,<1.10": "1.2.1+cuda",
    "fraud/scorer:<1": "0.9.0",
    "fraud/scorer:0.9.x || 3.x": "0.9.0",
    "fraud/scorer:1.0 - 1.2": "1.2.1+cuda",
    "fraud/scorer:*": "1.10.0",
    "fraud/scorer:>=2.0.0-rc.1": "2.0.0-rc.2",
    "fraud/scorer:^2.0.0-rc.1": "2.0.0-rc.2",
    "fraud/scorer:>1.10.0-alpha": "1.10.0",
    "fraud/scorer@latest": "1.2.1+cuda",
    "fraud/scorer": "1.2.1+cuda",
    "fraud/scorer@champion": "1.2.0",
    "fraud/scorer@draft": "1.2.1+cuda",
    "fraud/scorer@DRAFT": "1.2.1+cuda",
}
ABSENT = [
    "fraud/scorer:9.9.9",
    "fraud/scorer:10",
    "fraud/scorer:^3",
    "fraud/scorer:>2.0.0",
    "fraud/scorer:^1.11.0",
    "fraud/scorer:<*",
    "fraud/scorer:1.2.1+cpu",
    "fraud/scorer@nobody",
    "fraud/scorer@production",
    "fraud/scorer@Champion",
    f"fraud/scorer@sha256:{'0' * 64}",
    "fraud/absent:1",
    "absent/scorer:1",
    "fraud/Scorer:1",
    "fraud/scorer:1 as of 2020-01-01",
]


@pytest.fixture
def registered(services: Services, admin: Actor) -> dict[str, ModelVersion]:
    a_model(services, admin)
    return {version: a_version(services, admin, version=version) for version in VERSIONS}


def found(services: Services, admin: Actor, reference: str) -> str:
    return str(services.versions.resolve(admin, Reference.parse(reference)).version)


@pytest.mark.usefixtures("registered")
def test_each_form_of_a_reference_finds_its_version(services: Services, admin: Actor) -> None:
    services.aliases.set(admin, SCORER, "champion", Number(3), seen=0)
    assert {reference: found(services, admin, reference) for reference in MEANT} == MEANT


def test_content_finds_the_newest_version_that_has_it(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    files = {"model.bin": b"weights"}
    for version in ("1.0.0", "1.1.0", "1.0.1"):
        digest = a_version(services, admin, files=files, version=version).manifest_digest
    a_version(services, admin)
    assert found(services, admin, f"fraud/scorer@{digest}") == "1.0.1"


def test_a_bare_name_is_in_the_default_namespace(services: Services, admin: Actor) -> None:
    a_model(services, admin, "scorer")
    a_version(services, admin, "default/scorer")
    assert services.versions.resolve(admin, Reference.parse("scorer:1")).model == ModelName("default", "scorer")


@pytest.mark.usefixtures("registered")
def test_what_nothing_answers_to_is_not_found(services: Services, admin: Actor) -> None:
    services.aliases.set(admin, SCORER, "champion", Number(3), seen=0)
    for reference in ABSENT:
        with pytest.raises(VersionNotFoundError, match="no version answers to") as refusal:
            found(services, admin, reference)
        assert refusal.value.kind is Kind.NOT_FOUND
        assert "'modelkeep versions" in refusal.value.message


def test_a_peer_that_is_not_configured_is_refused(services: Services, admin: Actor) -> None:
    with pytest.raises(InvalidValueError, match="no peer 'team-b' is configured; leave out 'team-b::'"):
        found(services, admin, "team-b::fraud/scorer:1")


def test_the_past_holds_what_there_was(services: Services, admin: Actor, clock: ManualClock) -> None:
    a_model(services, admin)
    times: list[datetime] = []
    for _ in range(3):
        a_version(services, admin)
        clock.advance(timedelta(days=1))
        times.append(clock())
    services.versions.delete(admin, SCORER, Number(2), seen=1)
    clock.advance(timedelta(days=1))
    times.append(clock())

    def then(selector: str, at: datetime) -> str:
        return found(services, admin, f"fraud/scorer{selector} as of {at.isoformat()}")

    assert [then("@latest", at) for at in times] == ["1.0.0", "1.0.1", "1.0.2", "1.0.2"]
    assert [then(":^1", at) for at in times] == ["1.0.0", "1.0.1", "1.0.2", "1.0.2"]
    assert then(":2", times[2]) == "1.0.1"
    assert then("@draft", times[1]) == "1.0.1"
    for selector, at in ((":2", times[0]), (":2", times[3]), ("@latest", START)):
        with pytest.raises(VersionNotFoundError):
            then(selector, at)


def test_times_before_there_were_registries_hold_nothing(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin)
    for date in ("0001-01-01", "0999-12-31", "1969-12-31"):
        with pytest.raises(VersionNotFoundError):
            found(services, admin, f"fraud/scorer:1 as of {date}")
    assert found(services, admin, "fraud/scorer:1 as of 9999-12-31") == "1.0.0"


ranges = st.sampled_from(
    ["^1", "^1.2.0-rc.1", "~1.2", ">1.2.1", ">=2.0.0-rc.1 <3", "<1.2.0-rc.2", "1 - 1.2", "2.0.0-rc.1", "*", ">=1.2.0-0"]
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@bounded(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ranges, ranges)
def test_a_range_finds_and_filters_as_its_rule_says(services: Services, admin: Actor, one: str, other: str) -> None:
    if not services.models.list(admin, ListQuery("name = 'fraud/scorer'"), PageRequest(1)).items:
        a_model(services, admin)
        for version in (*VERSIONS, "1.2.0-rc.1", "1.2.0-rc.2", "1.3.0-rc.1", "2.0.0", "2.1.0-alpha"):
            a_version(services, admin, version=version)
    every = services.versions.list(admin, ListQuery(), PageRequest(100)).items
    wanted = Range.parse(f"{one} || {other}")
    allowed = [version for version in every if wanted.allows(version.version)]
    listed = services.versions.list(admin, ListQuery(f"version ~ '{wanted}'"), PageRequest(100)).items
    assert {version.id for version in listed} == {version.id for version in allowed}
    newest = max(allowed, key=lambda version: (version.version.precedence_key, version.id))
    assert services.versions.resolve(admin, Reference(None, "fraud", "scorer", Matching(wanted))) == newest


def test_precedence_is_that_of_semantic_versions(registered: dict[str, ModelVersion]) -> None:
    keys = sorted(registered, key=lambda text: Version.parse(text).precedence_key)
    assert keys[0] == "0.9.0"
    assert keys[-1] == "2.0.0-rc.2"
