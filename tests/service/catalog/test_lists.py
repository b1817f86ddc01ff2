"""Lists in every order, page by page, with nothing twice and nothing lost."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ListQuery, Metric, Model, ModelDetails, ModelVersion, VersionRecord
from modelkeep.domains.catalog.domain.errors import ModelNotFoundError
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.filters import FilterSyntaxError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import InvalidPageTokenError, PageRequest, _seal
from modelkeep.kernel.references import ModelName, Number

OTHER = ModelName.parse("churn/other")
VERSION_ORDERS: dict[str, Callable[[ModelVersion], object]] = {
    "created": lambda version: version.created_at,
    "changed": lambda version: (version.changed_at, version.id),
    "number": lambda version: (version.number, version.id),
    "version": lambda version: (version.version.precedence_key, version.id),
    "size": lambda version: (version.total_size, version.id),
    "metric.auc": lambda version: (max(metric.value for metric in version.record.metrics), version.id),
}
MODEL_ORDERS: dict[str, Callable[[Model], object]] = {
    "name": lambda model: str(model.name),
    "created": lambda model: model.created_at,
    "changed": lambda model: (model.changed_at, model.id),
}
DIRECTIONS = ["", " asc", " desc"]


@pytest.fixture
def filled(services: Services, admin: Actor, clock: ManualClock) -> Services:
    """Nine versions of two models, in which every order has ties."""
    a_model(services, admin)
    a_model(services, admin, OTHER)
    for number, asked in enumerate(("1.0.0", "0.9.0", "1.0.0-rc.1", "1.0.0+b", "2.0.0", "10.0.0")):
        metrics = (Metric("auc", -0.5 + number // 2),)
        files = {"a": b"x" * (number % 3)} | {"unlike": b"%d" % number}
        a_version(services, admin, version=asked, record=VersionRecord(metrics=metrics), files=files)
    for asked in ("1.0.0", "1.0.1", "0.9.0"):
        clock.advance(timedelta(seconds=1))
        a_version(services, admin, OTHER, version=asked, record=VersionRecord(metrics=(Metric("auc", 0.5),)))
    services.versions.describe(admin, SCORER, Number(2), description="changed last", seen=1)
    return services


def walk(
    services: Services,
    admin: Actor,
    query: ListQuery,
    *,
    size: int = 2,
    model: ModelName | None = None,
    between: Callable[[], object] = lambda: None,
) -> list[ModelVersion]:
    """Return the versions of all pages; `between` is called after each page."""
    found: list[ModelVersion] = []
    token = None
    while True:
        page = services.versions.list(admin, query, PageRequest(size, token), model=model)
        found += page.items
        token = page.next_token
        if token is None:
            return found
        assert len(page.items) == size
        between()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_versions_are_listed_in_every_order_page_by_page(filled: Services, admin: Actor, direction: str) -> None:
    every = walk(filled, admin, ListQuery(), size=100)
    assert len(every) == 9
    for field, key in VERSION_ORDERS.items():
        expected = sorted(every, key=key, reverse=direction == " desc")  # type: ignore[arg-type]  # comparable
        for size in (1, 2, 4, 9, 10):
            listed = walk(filled, admin, ListQuery(order=field + direction), size=size)
            assert [version.id for version in listed] == [version.id for version in expected], (field, size)
            assert listed == expected


def test_the_newest_version_is_listed_first_unless_told_otherwise(filled: Services, admin: Actor) -> None:
    assert walk(filled, admin, ListQuery()) == walk(filled, admin, ListQuery(order="created desc"))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_versions_of_one_model_are_listed_in_every_order(filled: Services, admin: Actor, direction: str) -> None:
    for field, key in VERSION_ORDERS.items():
        listed = walk(filled, admin, ListQuery(order=field + direction), model=SCORER)
        assert len(listed) == 6
        assert listed == sorted(listed, key=key, reverse=direction == " desc")  # type: ignore[arg-type]  # comparable
        assert {version.model for version in listed} == {SCORER}


def test_an_order_by_a_metric_lists_what_has_it(filled: Services, admin: Actor) -> None:
    a_version(filled, admin)
    assert len(walk(filled, admin, ListQuery())) == 10
    assert len(walk(filled, admin, ListQuery(order="metric.auc desc"))) == 9
    assert walk(filled, admin, ListQuery(order="metric.absent")) == []


@pytest.mark.parametrize("order", ["", *VERSION_ORDERS, *(f"{order} desc" for order in VERSION_ORDERS)])
def test_what_was_there_comes_exactly_once_while_more_is_registered(filled: Services, admin: Actor, order: str) -> None:
    before = {version.id for version in walk(filled, admin, ListQuery(), size=100)}
    added = iter(range(100))

    def register() -> None:
        number = next(added)
        metrics = (Metric("auc", number % 4 - 0.5),)
        a_version(filled, admin, OTHER, version=f"{number % 3}.5.{number}", record=VersionRecord(metrics=metrics))

    listed = [version.id for version in walk(filled, admin, ListQuery(order=order), between=register)]
    assert len(listed) == len(set(listed))
    assert before <= set(listed)


@pytest.mark.parametrize("order", ["", "created", "version", "metric.auc desc"])
def test_a_filter_by_a_tag_is_paged_like_any_list(services: Services, admin: Actor, order: str) -> None:
    a_model(services, admin)
    for number in range(7):
        record = VersionRecord(tags={"odd": str(number % 2)}, metrics=(Metric("auc", number / 10),))
        a_version(services, admin, record=record)
    listed = walk(services, admin, ListQuery("tag.odd = '1'", order))
    assert sorted(version.number for version in listed) == [2, 4, 6]
    both = walk(services, admin, ListQuery("tag.odd = '1' and metric.auc > 0.2", order))
    assert sorted(version.number for version in both) == [4, 6]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_models_are_listed_in_every_order_page_by_page(
    services: Services, admin: Actor, clock: ManualClock, direction: str
) -> None:
    for name in ("fraud/b", "fraud/A", "churn/c", "fraud/a-b", "fraud/a.b"):
        clock.advance(timedelta(seconds=1))
        a_model(services, admin, name)
    services.models.update(admin, ModelName.parse("fraud/A"), ModelDetails(task="changed"), seen=1)
    every = services.models.list(admin, ListQuery(), PageRequest(100)).items
    assert [str(model.name) for model in every] == ["churn/c", "fraud/A", "fraud/a-b", "fraud/a.b", "fraud/b"]
    for field, key in MODEL_ORDERS.items():
        expected = sorted(every, key=key, reverse=direction == " desc")  # type: ignore[arg-type]  # comparable
        listed: list[Model] = []
        token = None
        while True:
            page = services.models.list(admin, ListQuery(order=field + direction), PageRequest(2, token))
            listed += page.items
            token = page.next_token
            if token is None:
                break
        assert listed == expected, field


@pytest.mark.parametrize(
    ("order", "position"),
    [("name", 0), ("metric", 0), ("created, number", 9), ("created downwards", 8), ("tag.team", 0), ("size size", 5)],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_order_that_cannot_be_meant_is_refused_at_its_place(
    services: Services, admin: Actor, order: str, position: int
) -> None:
    with pytest.raises(FilterSyntaxError) as refusal:
        services.versions.list(admin, ListQuery(order=order), PageRequest())
    assert refusal.value.details["position"] == position


def sealed(services: Services, admin: Actor, query: ListQuery, body: bytes) -> None:
    """Ask with a token such as somebody can make who has read the source."""
    token = urlsafe_b64encode(b"\x01" + _seal(query.scope("versions None"), body) + body).rstrip(b"=").decode()
    services.versions.list(admin, query, PageRequest(2, token))


@pytest.mark.parametrize(
    ("order", "body"),
    [
        ("created", b"[1,2]"),
        ("created", b'["a"]'),
        ("number", b'["a","b"]'),
        ("changed", b'["nonsense","b"]'),
        ("changed", b'["2026-11-02","b"]'),
        ("changed", b'["0001-01-01T00:00:00+23:00","b"]'),
        ("changed", b'["2026-11-02T09:00:00.000000","b"]'),
        ("metric.auc", b'["a","b"]'),
        ("metric.auc", b'[null,"b"]'),
    ],
)
def test_a_token_that_somebody_made_up_is_invalid(services: Services, admin: Actor, order: str, body: bytes) -> None:
    with pytest.raises(InvalidPageTokenError) as refusal:
        sealed(services, admin, ListQuery(order=order), body)
    assert refusal.value.kind is Kind.INVALID


def test_a_token_far_beyond_every_row_is_no_failure(services: Services, admin: Actor) -> None:
    try:
        sealed(services, admin, ListQuery(order="number"), b'[9223372036854775807,"b"]')
    except RegistryError as refusal:
        assert refusal.kind is Kind.INVALID  # noqa: PT017 - or an empty page


def test_a_token_belongs_to_its_list_its_filter_and_its_order(filled: Services, admin: Actor) -> None:
    token = filled.versions.list(admin, ListQuery("number > 0", "version"), PageRequest(2)).next_token
    assert token is not None
    request = PageRequest(2, token)
    for ask in (
        lambda: filled.versions.list(admin, ListQuery("number > 0", "version desc"), request),
        lambda: filled.versions.list(admin, ListQuery("number > 1", "version"), request),
        lambda: filled.versions.list(admin, ListQuery("number > 0", "version", deleted=True), request),
        lambda: filled.versions.list(admin, ListQuery("number > 0", "version"), request, model=SCORER),
        lambda: filled.models.list(admin, ListQuery(), request),
        lambda: filled.namespaces.list(admin, ListQuery(), request),
        lambda: filled.aliases.list(admin, SCORER, request),
        lambda: filled.aliases.history(admin, SCORER, "champion", request),
        lambda: filled.models.stages(admin, SCORER, request),
    ):
        with pytest.raises(InvalidPageTokenError):
            ask()


def test_the_versions_of_a_model_that_is_not_there_are_not_listed(services: Services, admin: Actor) -> None:
    with pytest.raises(ModelNotFoundError):
        services.versions.list(admin, ListQuery(), PageRequest(), model=SCORER)
