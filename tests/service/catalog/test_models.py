from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.builders import SCORER, a_model, a_version

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ModelDetails, NewModel, Visibility
from modelkeep.domains.catalog.domain.errors import (
    AliasNotFoundError,
    DeletionBlockedError,
    InvalidRecordError,
    ModelExistsError,
    ModelNotFoundError,
    NamespaceNotFoundError,
    TagNotFoundError,
    VersionNotFoundError,
)
from modelkeep.kernel.errors import Kind, StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import ModelName, Number, Reference

PAGE = PageRequest(50)


def test_a_model_is_kept_with_everything_that_was_said_of_it(services: Services, admin: Actor) -> None:
    made = a_model(
        services,
        admin,
        description="Scores “transactions” \U0001f600",
        task="classification",
        visibility=Visibility.PRIVATE,
        owners=("bob", "ada", "bob"),
        tags={"team": "risk", "a tag with spaces": "and 'quotes'"},
    )
    found = services.models.get(admin, SCORER)
    assert found == made
    assert found.owners == ("bob", "ada", "bob")
    assert (found.last_number, found.revision, found.created_by, found.deleted_at) == (0, 1, admin.id, None)


def test_a_model_needs_its_namespace(services: Services, admin: Actor) -> None:
    with pytest.raises(NamespaceNotFoundError, match="there is no namespace fraud"):
        services.models.create(admin, NewModel(SCORER))


def test_a_name_keeps_its_case_and_is_taken_once(services: Services, admin: Actor) -> None:
    a_model(services, admin, "fraud/Scorer")
    a_model(services, admin, "fraud/scorer")
    with pytest.raises(ModelExistsError, match="fraud/Scorer exists already"):
        a_model(services, admin, "fraud/Scorer")


def test_of_creations_at_once_one_succeeds_and_the_others_learn_that_it_exists(
    services: Services, admin: Actor
) -> None:
    services.namespaces.create(admin, "fraud", description="")
    together = Barrier(8)

    def create(_number: int) -> int:
        together.wait(20)
        try:
            services.models.create(admin, NewModel(SCORER, tags={"team": "risk"}))
        except ModelExistsError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_what_is_not_given_stays_as_it_is(services: Services, admin: Actor) -> None:
    a_model(services, admin, description="First", task="regression", owners=("ada",))
    changed = services.models.update(
        admin, SCORER, ModelDetails(description="", visibility=Visibility.PUBLIC), seen=1
    ).value
    assert services.models.get(admin, SCORER) == changed
    assert (changed.description, changed.task, changed.owners) == ("", "regression", ("ada",))
    assert (changed.visibility, changed.revision) == (Visibility.PUBLIC, 2)


def test_who_has_seen_an_older_revision_changes_nothing(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    services.models.update(admin, SCORER, ModelDetails(task="first"), seen=1)
    changes: list[Callable[[], object]] = [
        lambda: services.models.update(admin, SCORER, ModelDetails(task="second"), seen=1),
        lambda: services.models.set_tag(admin, SCORER, "team", "risk", seen=1),
        lambda: services.models.remove_tag(admin, SCORER, "team", seen=1),
        lambda: services.models.delete(admin, SCORER, seen=1),
    ]
    for change in changes:
        with pytest.raises(StaleRevisionError, match="read it again and retry") as refusal:
            change()
        assert refusal.value.kind is Kind.CONFLICT
    assert services.models.get(admin, SCORER).task == "first"
    assert services.models.update(admin, SCORER, ModelDetails(task="third"), seen=None).value.revision == 3


def test_of_changes_at_once_from_one_revision_one_wins(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    together = Barrier(8)

    def tag(number: int) -> int:
        together.wait(20)
        try:
            services.models.set_tag(admin, SCORER, f"tag-{number}", "", seen=1)
        except StaleRevisionError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tag, range(8))) == 1
    assert len(services.models.get(admin, SCORER).tags) == 1


def test_tags_are_set_changed_and_removed(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    services.models.set_tag(admin, SCORER, "team", "risk", seen=1)
    services.models.set_tag(admin, SCORER, "team", "growth", seen=2)
    assert services.models.get(admin, SCORER).tags == {"team": "growth"}
    services.models.remove_tag(admin, SCORER, "team", seen=3)
    assert services.models.get(admin, SCORER).tags == {}
    with pytest.raises(TagNotFoundError):
        services.models.remove_tag(admin, SCORER, "team", seen=4)


def test_a_tag_that_has_the_value_already_changes_nothing(services: Services, admin: Actor) -> None:
    a_model(services, admin, tags={"team": "risk"})
    same = services.models.set_tag(admin, SCORER, "team", "risk", seen=1)
    assert (same.receipt, same.value.revision) == (None, 1)


def test_a_tag_that_cannot_be_kept_is_refused(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    for key, value in ((" team", "risk"), ("team", "\0"), ("k" * 256, ""), ("team", "v" * 8193)):
        with pytest.raises(InvalidRecordError):
            services.models.set_tag(admin, SCORER, key, value, seen=1)


def test_a_deleted_model_is_hidden_with_its_versions_and_keeps_its_name(services: Services, admin: Actor) -> None:
    a_model(services, admin, tags={"team": "risk"})
    version = a_version(services, admin)
    services.models.delete(admin, SCORER, seen=1)
    with pytest.raises(ModelNotFoundError, match="fraud/scorer is deleted; 'modelkeep restore fraud/scorer'"):
        services.models.get(admin, SCORER)
    with pytest.raises(VersionNotFoundError):
        services.versions.resolve(admin, Reference.parse(version.reference))
    with pytest.raises(ModelNotFoundError):
        a_version(services, admin)
    with pytest.raises(ModelExistsError, match="is deleted but keeps its name; restore it"):
        a_model(services, admin)
    with pytest.raises(ModelNotFoundError):
        services.models.delete(admin, SCORER, seen=2)


def test_a_restored_model_is_what_it_was(services: Services, admin: Actor) -> None:
    made = a_model(services, admin, tags={"team": "risk"}, owners=("ada",))
    version = a_version(services, admin)
    services.models.delete(admin, SCORER, seen=1)
    restored = services.models.restore(admin, SCORER).value
    assert services.models.get(admin, SCORER) == restored
    assert (restored.tags, restored.owners, restored.revision) == (made.tags, made.owners, 3)
    assert (restored.last_number, restored.deleted_at) == (1, None)
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer:1")) == version
    with pytest.raises(ModelNotFoundError, match="fraud/scorer is not deleted"):
        services.models.restore(admin, SCORER)


def test_a_model_with_aliases_is_not_deleted_and_the_aliases_are_listed(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin)
    for alias in ("champion", "canary"):
        services.aliases.set(admin, SCORER, alias, Number(1), seen=0)
    with pytest.raises(DeletionBlockedError, match="while it has aliases: canary, champion; remove them") as refusal:
        services.models.delete(admin, SCORER, seen=1)
    assert (refusal.value.kind, refusal.value.details) == (Kind.BLOCKED, {"aliases": ["canary", "champion"]})
    for alias in ("champion", "canary"):
        services.aliases.remove(admin, SCORER, alias, seen=None)
    services.models.delete(admin, SCORER, seen=1)


def test_a_model_that_is_not_there_is_not_found_by_any_use_case(services: Services, admin: Actor) -> None:
    absent = ModelName.parse("fraud/absent")
    for use in (
        lambda: services.models.get(admin, absent),
        lambda: services.models.update(admin, absent, ModelDetails(), seen=None),
        lambda: services.models.delete(admin, absent, seen=None),
        lambda: services.models.restore(admin, absent),
        lambda: services.models.stages(admin, absent, PAGE),
        lambda: services.aliases.list(admin, absent, PAGE),
        lambda: services.aliases.set(admin, absent, "champion", Number(1), seen=0),
    ):
        with pytest.raises(ModelNotFoundError, match="there is no model fraud/absent; 'modelkeep push PATH fraud"):
            use()
    a_model(services, admin)
    with pytest.raises(AliasNotFoundError):
        services.aliases.get(admin, SCORER, "champion")


def test_every_version_starts_in_draft_and_its_stages_are_listed_newest_first(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    versions = [a_version(services, admin) for _ in range(3)]
    first_page = services.models.stages(admin, SCORER, PageRequest(2))
    assert [(stage.number, stage.stage, stage.until) for stage in first_page.items] == [
        (3, "Draft", None),
        (2, "Draft", None),
    ]
    rest = services.models.stages(admin, SCORER, PageRequest(2, first_page.next_token))
    assert [stage.version_id for stage in rest.items] == [versions[0].id]
    assert rest.next_token is None
