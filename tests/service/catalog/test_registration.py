"""A version is content, a number and a record, in one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest
from tests.builders import (
    ANYTHING,
    EVERYTHING,
    SCORER,
    a_manifest,
    a_model,
    a_version,
    register,
    some_files,
    stored_content,
)
from tests.people import somebody
from tests.service.records import A_RECORD

from modelkeep.app.bootstrap import Services
from modelkeep.domains.artifacts import BlobMissingError
from modelkeep.domains.artifacts.domain import ArtifactNotFoundError, UploadNotFoundError
from modelkeep.domains.catalog import BumpRequest, Metric, NewVersion, Parent, Relation, VersionRecord
from modelkeep.domains.catalog.domain.errors import (
    DeletionBlockedError,
    InvalidRecordError,
    TagNotFoundError,
    VersionExistsError,
    VersionNotFoundError,
)
from modelkeep.domains.catalog.domain.versioning import AUTO_NOTE
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind, RegistryError, StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Number, Reference, parse_selector

FIRST = parse_selector("1.0.0")
EMPTY = VersionRecord()


@pytest.fixture(autouse=True)
def _model(services: Services, admin: Actor) -> None:
    a_model(services, admin)


def taken(services: Services, admin: Actor) -> list[tuple[int, str]]:
    """Numbers and versions of the model, deleted or not, in their order."""
    listed = [
        services.versions.list(admin, replace(ANYTHING, deleted=deleted), EVERYTHING, model=SCORER).items
        for deleted in (False, True)
    ]
    return sorted((version.number, str(version.version)) for page in listed for version in page)


def test_a_version_is_kept_with_its_whole_record(services: Services, admin: Actor) -> None:
    base = a_version(services, admin)
    registered = register(services, admin, record=A_RECORD, files={"a": b"12", "b": b"345"}).value
    version = registered.version
    assert registered.created
    found = services.versions.resolve(admin, Reference.parse("fraud/scorer:2"))
    assert found == version
    assert repr(found.record) == repr(version.record)  # 1.0 is not 1, and keys keep their order
    assert (version.number, str(version.version), version.stage) == (2, "1.0.1", "Draft")
    assert (version.file_count, version.total_size) == (2, 5)
    assert version.manifest_digest == a_manifest({"a": b"12", "b": b"345"}).digest
    assert (version.created_by, version.revision, version.deleted_at, version.aliases) == (admin.id, 1, None, ())
    parents = (Parent("fraud/scorer:1.0.0", Relation.FINE_TUNE, base.id), A_RECORD.parents[1])
    assert version.record == replace(A_RECORD, parents=parents).checked()


def test_the_first_version_is_1_0_0_and_says_why(services: Services, admin: Actor) -> None:
    registered = register(services, admin).value
    assert str(registered.version.version) == "1.0.0"
    assert registered.notes == ("the first version of a model is 1.0.0",)


def test_bumps_follow_the_highest_version(services: Services, admin: Actor) -> None:
    for asked in ("0.9.0", "patch", "minor", "major", "3.0.0-rc.1", "minor", "auto", "2.5.0", "patch"):
        register(services, admin, version=asked)
    assert [version for _, version in taken(services, admin)] == [
        "0.9.0",
        "0.9.1",
        "0.10.0",
        "1.0.0",
        "3.0.0-rc.1",
        "3.0.0",
        "3.0.1",
        "2.5.0",
        "3.0.2",
    ]
    assert register(services, admin).value.notes == (AUTO_NOTE,)


def test_numbers_have_no_gap_whatever_fails_in_between(services: Services, admin: Actor) -> None:
    together = Barrier(8)

    def attempt(number: int) -> bool:
        together.wait(60)
        record = VersionRecord(parents=(Parent("fraud/absent:1", Relation.MERGED),)) if number % 3 == 0 else EMPTY
        try:
            register(services, admin, record=record)
        except VersionNotFoundError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(24)))
    assert outcomes.count(True) == 16
    assert taken(services, admin) == [(number, f"1.0.{number - 1}") for number in range(1, 17)]
    assert services.models.get(admin, SCORER).last_number == 16


def test_the_same_version_with_the_same_content_is_the_one_that_is_there(services: Services, admin: Actor) -> None:
    files = some_files()
    first = register(services, admin, files=files, version="1.4.0").value.version
    a_version(services, admin)
    again = register(services, admin, files=files, version="1.4.0", record=VersionRecord(message="Again"))
    assert (again.receipt, again.value.created, again.value.version) == (None, False, first)
    assert "nothing was registered" in again.value.notes[0]
    assert len(taken(services, admin)) == 2


def test_the_newest_content_again_is_no_new_version(services: Services, admin: Actor) -> None:
    files = some_files()
    first = register(services, admin, files=files).value.version
    for bump in BumpRequest:
        again = register(services, admin, files=files, version=bump).value
        assert (again.created, again.version) == (False, first)
        assert "give it a version of its own with --version" in again.notes[0]
    assert register(services, admin, files=files, version="2.0.0").value.created


def test_older_content_again_is_a_new_version(services: Services, admin: Actor) -> None:
    files = some_files()
    first = a_version(services, admin, files=files)
    a_version(services, admin)
    again = register(services, admin, files=files).value
    assert again.created
    assert (again.version.number, again.version.manifest_digest) == (3, first.manifest_digest)


def test_the_same_version_with_other_content_is_refused(services: Services, admin: Actor) -> None:
    first = a_version(services, admin, version="1.4.0")
    with pytest.raises(VersionExistsError, match="registered with other content; use another version") as refusal:
        register(services, admin, version="1.4.0")
    assert refusal.value.kind is Kind.ALREADY_EXISTS
    assert refusal.value.details == {"version": "1.4.0", "manifest_digest": str(first.manifest_digest)}


def test_versions_that_differ_in_their_build_only_are_two(services: Services, admin: Actor) -> None:
    for version in ("1.4.0+cpu", "1.4.0+cuda"):
        a_version(services, admin, version=version)
    assert [version for _, version in taken(services, admin)] == ["1.4.0+cpu", "1.4.0+cuda"]


def test_a_deleted_version_keeps_its_number_and_its_version(services: Services, admin: Actor) -> None:
    files = some_files()
    first = a_version(services, admin, files=files)
    services.versions.delete(admin, SCORER, FIRST, seen=1)
    for content in (files, some_files()):
        with pytest.raises(VersionExistsError, match="is deleted, and its number stays taken"):
            register(services, admin, version="1.0.0", files=content)
    again = register(services, admin, files=files).value
    assert again.created
    assert (again.version.number, str(again.version.version)) == (2, "1.0.1")
    services.versions.restore(admin, SCORER, FIRST)
    assert services.versions.resolve(admin, Reference.parse(first.reference)).revision == 3


def test_content_that_is_not_all_there_is_not_registered(services: Services, admin: Actor) -> None:
    upload = services.registration.open_upload(admin, SCORER, a_manifest()).upload
    with pytest.raises(BlobMissingError, match="2 files of this version are not stored yet") as refusal:
        services.registration.register(admin, SCORER, NewVersion(upload.manifest_digest, EMPTY, upload.id))
    assert refusal.value.kind is Kind.BLOCKED
    assert refusal.value.details["count"] == 2
    assert taken(services, admin) == []
    assert services.models.get(admin, SCORER).last_number == 0


def test_an_upload_registers_what_it_holds_for_its_model_and_its_owner(services: Services, admin: Actor) -> None:
    other_model = a_model(services, admin, "fraud/other").name
    plan = stored_content(services, admin, some_files())
    new = NewVersion(plan.upload.manifest_digest, EMPTY, plan.upload.id)
    with pytest.raises(UploadNotFoundError):
        services.registration.register(somebody(services, "admin"), SCORER, new)
    with pytest.raises(UploadNotFoundError):
        services.registration.register(admin, other_model, new)
    with pytest.raises(InvalidRecordError, match="send its own digest"):
        services.registration.register(admin, SCORER, replace(new, manifest_digest=Digest.of(b"other")))
    assert services.registration.register(admin, SCORER, new).value.created


def test_a_registration_whose_answer_was_lost_can_be_sent_again(services: Services, admin: Actor) -> None:
    plan = stored_content(services, admin, some_files())
    new = NewVersion(plan.upload.manifest_digest, EMPTY, plan.upload.id)
    first = services.registration.register(admin, SCORER, new).value
    again = services.registration.register(admin, SCORER, new).value
    assert (again.created, again.version) == (False, first.version)


def test_content_that_is_stored_already_needs_no_upload(services: Services, admin: Actor) -> None:
    digest = a_version(services, admin).manifest_digest
    other_model = a_model(services, admin, "fraud/other").name
    copied = services.registration.register(admin, other_model, NewVersion(digest, EMPTY)).value.version
    assert (copied.reference, copied.manifest_digest, copied.file_count) == ("fraud/other:1.0.0", digest, 2)
    with pytest.raises(ArtifactNotFoundError, match="upload its files first"):
        services.registration.register(admin, other_model, NewVersion(Digest.of(b"absent"), EMPTY))


def test_content_may_be_nothing_at_all(services: Services, admin: Actor) -> None:
    version = a_version(services, admin, files={})
    assert (version.file_count, version.total_size) == (0, 0)


def test_a_record_that_breaks_a_rule_registers_nothing(services: Services, admin: Actor) -> None:
    with pytest.raises(InvalidRecordError):
        register(services, admin, record=VersionRecord(metrics=(Metric("auc", float("nan")),)))
    assert taken(services, admin) == []


def test_a_parent_is_bound_to_the_version_it_means_now(services: Services, admin: Actor) -> None:
    first = a_version(services, admin)
    services.aliases.set(admin, SCORER, "champion", Number(1), seen=0)
    by_alias = (Parent("fraud/scorer@champion", Relation.QUANTIZED), Parent("fraud/scorer:^1", Relation.MERGED))
    child = a_version(services, admin, record=VersionRecord(parents=by_alias))
    assert child.record.parents == (
        Parent("fraud/scorer:1.0.0", Relation.QUANTIZED, first.id),
        Parent("fraud/scorer:1.0.0", Relation.MERGED, first.id),
    )


@pytest.mark.parametrize(
    "reference",
    ["fraud/absent:1", "fraud/scorer:9", "fraud/scorer@nobody", "no such form", "", "team-b::fraud/scorer:1"],
)
def test_a_parent_that_is_not_there_registers_nothing(services: Services, admin: Actor, reference: str) -> None:
    a_version(services, admin)
    with pytest.raises(RegistryError) as refusal:
        register(services, admin, record=VersionRecord(parents=(Parent(reference, Relation.ADAPTER),)))
    assert refusal.value.kind in (Kind.NOT_FOUND, Kind.INVALID)
    assert len(taken(services, admin)) == 1


def test_a_version_is_described_tagged_and_measured(services: Services, admin: Actor) -> None:
    a_version(services, admin, record=VersionRecord(tags={"team": "risk"}))
    versions = services.versions
    versions.describe(admin, SCORER, FIRST, description="The first", seen=1)
    versions.set_tag(admin, SCORER, FIRST, "area", "eu", seen=2)
    versions.remove_tag(admin, SCORER, FIRST, "team", seen=3)
    changed = versions.log_metrics(admin, SCORER, Number(1), (Metric("auc", 0.9), Metric("auc", 0.8, step=1))).value
    assert versions.resolve(admin, Reference.parse("fraud/scorer:1.0.0")) == changed
    assert (changed.record.description, changed.record.tags, changed.revision) == ("The first", {"area": "eu"}, 5)
    assert {metric.value for metric in changed.record.metrics} == {0.9, 0.8}
    with pytest.raises(TagNotFoundError):
        versions.remove_tag(admin, SCORER, FIRST, "team", seen=5)
    assert versions.set_tag(admin, SCORER, FIRST, "area", "eu", seen=5).receipt is None


def test_measurements_that_arrive_at_once_are_all_kept(services: Services, admin: Actor) -> None:
    a_version(services, admin)
    together = Barrier(8)

    def measure(number: int) -> None:
        together.wait(20)
        services.versions.log_metrics(admin, SCORER, FIRST, (Metric("loss", 1 / (number + 1), step=number),))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(measure, range(8)))
    version = services.versions.resolve(admin, Reference.parse("fraud/scorer:1"))
    assert [metric.step for metric in version.record.metrics] == list(range(8))


def test_who_has_seen_an_older_revision_of_a_version_changes_nothing(services: Services, admin: Actor) -> None:
    a_version(services, admin)
    services.versions.describe(admin, SCORER, FIRST, description="newer", seen=1)
    with pytest.raises(StaleRevisionError):
        services.versions.describe(admin, SCORER, FIRST, description="older", seen=1)
    with pytest.raises(StaleRevisionError):
        services.versions.delete(admin, SCORER, FIRST, seen=1)
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer:1")).record.description == "newer"


def test_a_deleted_version_is_hidden_until_it_is_restored(services: Services, admin: Actor) -> None:
    version = a_version(services, admin, record=VersionRecord(tags={"team": "risk"}))
    services.versions.delete(admin, SCORER, FIRST, seen=1)
    for reference in (
        "fraud/scorer:1.0.0",
        "fraud/scorer:1",
        f"fraud/scorer@{version.manifest_digest}",
        "fraud/scorer",
    ):
        with pytest.raises(VersionNotFoundError):
            services.versions.resolve(admin, Reference.parse(reference))
    with pytest.raises(VersionNotFoundError):
        services.versions.describe(admin, SCORER, FIRST, description="", seen=None)
    with pytest.raises(VersionNotFoundError):
        services.versions.delete(admin, SCORER, FIRST, seen=2)
    restored = services.versions.restore(admin, SCORER, Number(1)).value
    assert (restored.record, restored.revision, restored.deleted_at) == (version.record, 3, None)
    with pytest.raises(VersionNotFoundError, match="no deleted version answers to fraud/scorer:1"):
        services.versions.restore(admin, SCORER, FIRST)


def test_what_an_alias_points_to_is_not_deleted_and_the_aliases_are_listed(services: Services, admin: Actor) -> None:
    a_version(services, admin)
    for alias in ("champion", "canary"):
        services.aliases.set(admin, SCORER, alias, FIRST, seen=0)
    with pytest.raises(DeletionBlockedError, match="while aliases point to it: canary, champion") as refusal:
        services.versions.delete(admin, SCORER, FIRST, seen=1)
    assert refusal.value.details == {"aliases": ["canary", "champion"]}
    for alias in ("champion", "canary"):
        services.aliases.remove(admin, SCORER, alias, seen=1)
    services.versions.delete(admin, SCORER, FIRST, seen=1)


def test_a_deletion_and_an_alias_at_once_never_leave_an_alias_on_what_is_deleted(
    services: Services, admin: Actor
) -> None:
    def attempt(together: Barrier, change: Callable[[], object]) -> int:
        together.wait(20)
        try:
            change()
        except (DeletionBlockedError, VersionNotFoundError):
            return 0
        return 1

    with ThreadPoolExecutor(2) as pool:
        for number in range(1, 9):
            a_version(services, admin)
            selector, together = Number(number), Barrier(2)
            delete = partial(services.versions.delete, admin, SCORER, selector, seen=1)
            point = partial(services.aliases.set, admin, SCORER, f"alias-{number}", selector, seen=0)
            assert sum(pool.map(attempt, (together, together), (delete, point))) == 1
    listed = services.aliases.list(admin, SCORER, EVERYTHING).items
    live = {version.id for version in services.versions.list(admin, ANYTHING, EVERYTHING, model=SCORER).items}
    assert {alias.version_id for alias in listed} <= live


@pytest.mark.parametrize("name", ["fraud/absent", "absent/scorer"])
def test_a_version_needs_a_model_that_is_there(services: Services, admin: Actor, name: str) -> None:
    digest = a_version(services, admin).manifest_digest
    with pytest.raises(RegistryError) as refusal:
        services.registration.register(admin, ModelName.parse(name), NewVersion(digest, EMPTY))
    assert refusal.value.kind is Kind.NOT_FOUND
