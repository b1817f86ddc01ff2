from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.builders import ANYTHING, EVERYTHING, a_model

from modelkeep.app.bootstrap import STARTUP, Services
from modelkeep.domains.catalog.domain.errors import (
    InvalidRecordError,
    NamespaceExistsError,
    NamespaceNotEmptyError,
    NamespaceNotFoundError,
)
from modelkeep.kernel.errors import InvalidValueError, StaleRevisionError
from modelkeep.kernel.identity import Actor


def test_a_namespace_is_created_and_found(services: Services, admin: Actor) -> None:
    created = services.namespaces.create(admin, "fraud", description="Fraud models").value
    assert services.namespaces.get(admin, "fraud") == created
    assert (created.created_by, created.revision) == (admin.id, 1)


@pytest.mark.parametrize("name", ["", "Fraud", "-a", "a-", "a--b", "a b", "a/b", "é", "a" * 64, "a\0"])
def test_a_name_that_breaks_the_grammar_is_refused(services: Services, admin: Actor, name: str) -> None:
    with pytest.raises(InvalidValueError):
        services.namespaces.create(admin, name, description="")


def test_a_description_that_is_too_long_is_refused(services: Services, admin: Actor) -> None:
    with pytest.raises(InvalidRecordError):
        services.namespaces.create(admin, "fraud", description="x" * 65_537)


def test_a_name_is_taken_once(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "fraud", description="first")
    with pytest.raises(NamespaceExistsError):
        services.namespaces.create(admin, "fraud", description="second")
    assert services.namespaces.get(admin, "fraud").description == "first"


def test_of_creations_at_once_one_succeeds_and_the_others_learn_that_it_exists(
    services: Services, admin: Actor
) -> None:
    together = Barrier(8)

    def create(number: int) -> int:
        together.wait(20)
        try:
            services.namespaces.create(admin, "fraud", description=str(number))
        except NamespaceExistsError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_servers_that_start_at_once_share_the_namespace_of_bare_names(services: Services, admin: Actor) -> None:
    together = Barrier(4)

    def prepare(_number: int) -> None:
        together.wait(20)
        services.namespaces.prepare(STARTUP)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            services.namespaces.delete(admin, "default", seen=None)
            list(pool.map(prepare, range(4)))
    assert services.namespaces.get(admin, "default").created_by == "system"


def test_a_description_changes_for_who_has_seen_the_newest_revision(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "fraud", description="first")
    assert services.namespaces.describe(admin, "fraud", description="second", seen=1).value.revision == 2
    assert services.namespaces.describe(admin, "fraud", description="third", seen=None).value.revision == 3
    with pytest.raises(StaleRevisionError, match="fraud has changed meanwhile"):
        services.namespaces.describe(admin, "fraud", description="fourth", seen=2)
    assert services.namespaces.get(admin, "fraud").description == "third"


def test_an_empty_namespace_is_deleted_and_its_name_free_again(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "fraud", description="")
    with pytest.raises(StaleRevisionError):
        services.namespaces.delete(admin, "fraud", seen=7)
    services.namespaces.delete(admin, "fraud", seen=1)
    with pytest.raises(NamespaceNotFoundError):
        services.namespaces.get(admin, "fraud")
    services.namespaces.create(admin, "fraud", description="")


def test_a_namespace_with_models_is_not_deleted_even_if_they_are(services: Services, admin: Actor) -> None:
    for number in range(12):
        a_model(services, admin, f"fraud/model-{number:02}")
    services.models.delete(admin, a_model(services, admin, "churn/scorer").name, seen=1)
    with pytest.raises(NamespaceNotEmptyError, match=r"fraud/model-00, .*fraud/model-09") as refusal:
        services.namespaces.delete(admin, "fraud", seen=1)
    assert len(refusal.value.details["models"]) == 10  # type: ignore[arg-type]  # a list
    with pytest.raises(NamespaceNotEmptyError, match="churn/scorer"):
        services.namespaces.delete(admin, "churn", seen=1)


@pytest.mark.parametrize("name", ["absent", "ABSENT", "a\0b", ""])
def test_a_namespace_that_is_not_there_is_not_found(services: Services, admin: Actor, name: str) -> None:
    for use in (
        lambda: services.namespaces.get(admin, name),
        lambda: services.namespaces.describe(admin, name, description="", seen=1),
        lambda: services.namespaces.delete(admin, name, seen=1),
    ):
        with pytest.raises((NamespaceNotFoundError, InvalidValueError)):
            use()


def test_namespaces_are_listed_by_name(services: Services, admin: Actor) -> None:
    for name in ("risk", "churn", "a.b", "a-b"):
        services.namespaces.create(admin, name, description="")
    listed = services.namespaces.list(admin, ANYTHING, EVERYTHING)
    assert [namespace.name for namespace in listed.items] == ["a-b", "a.b", "churn", "default", "risk"]
    assert listed.next_token is None
