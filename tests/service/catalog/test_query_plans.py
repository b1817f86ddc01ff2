"""With thousands of versions the main queries go through indexes, and read no more rows than they show."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, text
from tests.builders import a_model, a_version
from tests.registries import START

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ListQuery
from modelkeep.domains.catalog.repository import search
from modelkeep.domains.catalog.tables import ALIAS, FIELD, MODEL, STAGE, VERSION
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import uuid7
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import ModelName, Reference
from modelkeep.kernel.semver import Version

MODELS, VERSIONS = 50, 100


def fill(services: Services, admin: Actor) -> None:
    """Store 5,000 versions with tags, metrics, parameters and an alias each, as rows."""
    a_model(services, admin, YOUNG)
    a_version(services, admin, YOUNG)
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in ("model", "version", "stage", "field", "alias")}
    tick, new_id = iter(range(10**6)), uuid7()
    for model in range(1, MODELS + 1):
        model_id = new_id()
        said = {"description": "", "task": "", "visibility": "internal", "owners": [], "tags": {}}
        when = {"created_at": START, "created_by": admin.id, "changed_at": START, "changed_by": admin.id, "revision": 1}
        name = {"id": model_id, "name": f"fraud/model-{model:03}", "namespace": "fraud"}
        made["model"].append(name | said | when | {"last_number": VERSIONS, "deleted_at": None})
        for number in range(1, VERSIONS + 1):
            version_id, version, at = new_id(), Version.parse(f"1.{number}.0"), START + timedelta(seconds=next(tick))
            made["version"].append(
                {
                    "id": version_id,
                    "model_id": model_id,
                    "number": number,
                    "version": str(version),
                    "precedence": version.precedence_key,
                    "prerelease": False,
                    "stage": "Draft",
                    "manifest_digest": str(Digest.of(version_id.encode())),
                    "file_count": 1,
                    "total_size": number * model,
                    "record": {},
                    "deleted_at": None,
                }
                | when
                | {"created_at": at, "changed_at": at}
            )
            since = {"version_id": version_id, "model_id": model_id, "since": at, "set_by": admin.id}
            made["stage"].append(since | {"stage": "Draft"})
            values = [
                ("version.tag", "team", f"team-{number % 20}", None),
                ("version.tag", "run", str(next(tick)), None),
                ("version.metric", "auc", None, (number * 37 % 101) / 101),
                ("version.param", "lr", repr(number / 1000), number / 1000),
                ("version.training_data", "digest", str(Digest.of(b"%d" % (number % 50))), None),
            ]
            made["field"] += [
                {"subject_id": version_id, "field": kind, "key": key, "ordinal": 0, "text": said_, "number": value}
                for kind, key, said_, value in values
            ]
        made["alias"].append(since | {"name": "champion", "revision": 1})
    with services.access.database.transaction() as tx:
        for table, rows in (
            (MODEL, "model"),
            (VERSION, "version"),
            (STAGE, "stage"),
            (FIELD, "field"),
            (ALIAS, "alias"),
        ):
            tx.session.execute(insert(table), made[rows])
        tx.record(Event("catalog.namespace_created", "fraud", admin, START))


def analyze(services: Services) -> None:
    """Gather the statistics that a planner may go by, and let every connection see them."""
    with services.access.database._engines.writer.begin() as connection:
        connection.execute(text("ANALYZE"))
    services.access.database._engines.reader.dispose()


PAGE = 50
NAME = ModelName.parse("fraud/model-007")
YOUNG = ModelName.parse("fraud/model-000")
Ask = Callable[[Services, Actor], object]


def resolving(selector: str, model: ModelName = NAME) -> Ask:
    return lambda services, admin: services.versions.resolve(admin, Reference.parse(f"{model}{selector}"))


def listing(filter_: str = "", order: str = "", *, model: ModelName | None = None, second: bool = False) -> Ask:
    def ask(services: Services, admin: Actor) -> object:
        query = ListQuery(filter_, order)
        page = services.versions.list(admin, query, PageRequest(PAGE), model=model)
        if not second:
            return page
        assert page.next_token is not None
        return services.versions.list(admin, query, PageRequest(PAGE, page.next_token), model=model)

    return ask


ORDERS = ["created", "changed", "number", "version", "size", "metric.auc"]
DIRECTED = [f"{order}{direction}" for order in ORDERS for direction in ("", " desc")]
RESOLVED = {
    **{f"resolve {selector}": resolving(selector) for selector in ("@champion", "@latest", ":50", ":1.50.0", ":^1.5")},
    "resolve the newest of a young model": resolving("@latest", YOUNG),
    "resolve the newest of a young model in a range": resolving(":^1", YOUNG),
    "resolve by content": resolving(f"@{Digest.of(b'absent')}"),
}
ORDERED = {
    **{f"all by {order}": listing(order=order) for order in DIRECTED},
    **{f"second page by {order}": listing(order=order, second=True) for order in DIRECTED},
    **{f"one model by {order}": listing(order=order, model=NAME) for order in ("created desc", "version", "number")},
    "by tag": listing("tag.team = 'team-7'"),
    "by rare tag": listing("tag.run = '77'"),
    "by rare parameter": listing("param.lr = 'adam'"),
    "by tag, second page": listing("tag.team = 'team-7'", second=True),
    "by content": listing(f"digest = '{Digest.of(b'absent')}'"),
    "by model": listing("name = 'fraud/model-007'"),
}
MANY = {
    filter_ + by: listing(filter_, by.removeprefix(" by "))
    for filter_ in (
        "name ~ 'fraud/*'",
        "name ~ '*model*'",
        "namespace = fraud",
        "metric.auc >= 0.1",
        "metric.auc exists and not tag.team = 'team-7'",
        "tag.team ~ 'team-*'",
        "created > '2020-01-01' and created < '2040-01-01'",
        "size >= 0 and size < 1000000",
        "stage = Draft",
        "version ~ '^1'",
        "owner != nobody",
    )
    for by in ("", " by changed desc", " by metric.auc desc")
}
FEW = {
    filter_ + by: listing(filter_, by.removeprefix(" by "))
    for filter_ in (
        "name ~ '*nothing*'",
        "name ~ '*model-007'",
        "metric.auc > 0.985",
        "tag.team = 'team-7' and tag.run = '77'",
        "stage = Draft and number = 77",
        "owner = nobody",
        "alias ~ 'champ*'",
        "size < 60 and name ~ 'fraud/*'",
        "tag.run = '77' or tag.run = '78'",
    )
    for by in ("", " by changed desc", " by metric.auc desc")
}


def captured(services: Services, admin: Actor, ask: Ask) -> list[tuple[str, Any]]:
    """Return the statements that a question is answered with, and what is bound to them."""
    statements: list[tuple[str, Any]] = []

    def keep(*call: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if call[2].startswith(("SELECT", "WITH")):
            statements.append((call[2], call[3]))

    reader = services.access.database._engines.reader
    event.listen(reader, "before_cursor_execute", keep)
    try:
        with suppress(RegistryError):
            ask(services, admin)
    finally:
        event.remove(reader, "before_cursor_execute", keep)
    return statements


def check_on_sqlite(connection: Connection, statement: str, bound: object, *, ordered: bool) -> None:
    """Nothing of the catalog is read but through an index, and a list comes out of it in its order."""
    steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)]  # type: ignore[arg-type]
    assert not [step for step in steps if step.startswith("SCAN catalog_") and "INDEX" not in step], steps
    assert not (ordered and any("TEMP B-TREE" in step for step in steps)), steps


def rows_read(node: Mapping[str, Any]) -> float:
    """Return how many rows a plan has read from the tables that grow, those included that it threw away."""
    own = 0.0
    if node.get("Relation Name") in ("catalog_version", "catalog_field", "catalog_stage", "catalog_fact"):
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return own + sum(rows_read(part) for part in node.get("Plans", ()))


def check_on_postgresql(connection: Connection, statement: str, bound: object, *, most: int) -> None:
    """No more rows are read than the answer needs."""
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    (plan,) = connection.exec_driver_sql(explain, bound).scalar_one()  # type: ignore[arg-type]
    assert rows_read(plan["Plan"]) <= most, json.dumps(plan, indent=1)


def steps_on_sqlite(connection: Connection, statement: str, bound: object) -> int:
    """Return how many instructions of SQLite's machine an answer took, to the next thousand."""
    driver, thousands = connection.connection.driver_connection, [0]

    def count() -> None:
        thousands[0] += 1

    assert isinstance(driver, sqlite3.Connection)
    driver.set_progress_handler(count, 1_000)
    connection.exec_driver_sql(statement, bound).all()  # type: ignore[arg-type]
    driver.set_progress_handler(None, 0)
    return thousands[0] * 1_000


def test_the_main_queries_read_no_more_than_they_show(services: Services, admin: Actor) -> None:
    fill(services, admin)
    analyze(services)
    with services.access.database._engines.reader.connect() as connection:
        for cases, most in ((RESOLVED, 2), (ORDERED, PAGE * 12)):
            for name, ask in cases.items():
                statements = captured(services, admin, ask)
                assert statements, name
                for statement, bound in statements:
                    if connection.dialect.name == "sqlite":
                        check_on_sqlite(connection, statement, bound, ordered=cases is ORDERED)
                    else:
                        check_on_postgresql(connection, statement, bound, most=most)


def test_filters_are_quick_whether_they_find_many_or_few(
    services: Services, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW", 2 * VERSIONS)  # as of 50 times as many
    fill(services, admin)
    if services.access.database._engines.reader.dialect.name == "sqlite":
        check_filters(services, admin)  # SQLite has no statistics unless somebody asks for them
    analyze(services)
    check_filters(services, admin)


def check_filters(services: Services, admin: Actor) -> None:
    """SQLite, of which a walk over all takes 50 steps a row, walks over few; PostgreSQL may hash so few rows."""
    with services.access.database._engines.reader.connect() as connection:
        for name, ask in (MANY | FEW).items():
            for statement, bound in captured(services, admin, ask):
                if connection.dialect.name == "sqlite":
                    assert steps_on_sqlite(connection, statement, bound) <= 10 * MODELS * VERSIONS, (name, statement)
                else:
                    check_on_postgresql(connection, statement, bound, most=4 * MODELS * VERSIONS)
