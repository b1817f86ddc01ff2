"""Questions about the past go through indexes too: what resolves reads a few rows, what lists a few for each item."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from tests.registries import START
from tests.service.catalog.test_query_plans import (
    MODELS,
    NAME,
    PAGE,
    VERSIONS,
    YOUNG,
    Ask,
    analyze,
    captured,
    check_on_sqlite,
    fill,
    rows_read,
    steps_on_sqlite,
)

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ListQuery
from modelkeep.domains.catalog.tables import FACT, VERSION
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import ModelName, Reference

THEN = START + timedelta(days=1)
CHANGED = START + timedelta(days=2)


def remember(services: Services, admin: Actor) -> None:
    """Give each version of `fill` facts with a past: a tag that was changed, a rare one, a metric, a revision."""
    with services.access.database.transaction() as tx:
        made: list[dict[str, Any]] = []
        bare = VERSION.c.id.not_in(select(FACT.c.subject_id))
        for version in tx.session.execute(select(VERSION.c.id, VERSION.c.number, VERSION.c.created_at).where(bare)):
            base = {"subject_id": version.id, "part": "", "since": version.created_at, "set_by": admin.id}
            open_ = {"until": None, "ended_by": None, "text": None, "number": None}
            ended = {"until": CHANGED, "ended_by": admin.id}
            team = {"field": "version.tag", "key": "team", "text": f"team-{version.number % 20}"}
            made += [
                base | open_ | {"field": "version.revision", "key": "", "number": 1.0} | ended,
                base | open_ | {"field": "version.revision", "key": "", "number": 2.0, "since": CHANGED},
                base | open_ | team | ended,
                base | open_ | team | {"text": "nobody", "since": CHANGED},
                base | open_ | {"field": "version.tag", "key": "run", "text": version.id},
                base | open_ | {"field": "version.metric", "key": "auc", "number": version.number / 101},
            ]
        tx.session.execute(insert(FACT), made)
        tx.record(Event("catalog.namespace_updated", "fraud", admin, START, {"revision": 2}, {"description": ""}))


def resolving(selector: str, model: ModelName = NAME) -> Ask:
    reference = Reference.parse(f"{model}{selector}").at(THEN)
    return lambda services, admin: services.versions.resolve(admin, reference)


def listing(filter_: str = "", order: str = "", *, model: ModelName | None = None) -> Ask:
    query = ListQuery(filter_, order, as_of=THEN)
    return lambda services, admin: services.versions.list(admin, query, PageRequest(PAGE), model=model)


RESOLVED = {
    **{f"resolve {selector}": resolving(selector) for selector in ("@champion", "@latest", ":50", ":1.50.0", ":^1.5")},
    "resolve the newest of a young model": resolving("@latest", YOUNG),
    "an alias": lambda services, admin: services.aliases.get(admin, NAME, "champion", as_of=THEN),
    "a model": lambda services, admin: services.models.get(admin, NAME, as_of=THEN),
    "tags": lambda services, admin: services.versions.tags(
        admin, Reference.parse(f"{NAME}:50").at(THEN), PageRequest(PAGE)
    ),
}
LISTED = {
    **{f"all by {order}": listing(order=order) for order in ("created desc", "version", "number desc", "size")},
    **{f"one model by {order}": listing(order=order, model=NAME) for order in ("created desc", "version", "number")},
}
FILTERED = {
    filter_ + order: listing(filter_, order.removeprefix(" by "))
    for filter_ in (
        "tag.team = 'team-7'",
        "tag.run = 'absent'",
        "metric.auc > 0.9",
        "stage = Draft",
        "alias = champion",
    )
    for order in ("", " by changed desc")
}


def test_questions_about_the_past_read_no_more_than_they_show(services: Services, admin: Actor) -> None:
    fill(services, admin)
    remember(services, admin)
    analyze(services)
    with services.access.database._engines.reader.connect() as connection:
        for cases, most in ((RESOLVED, 16), (LISTED, PAGE * 16), (FILTERED, MODELS * VERSIONS * 8)):
            for name, ask in cases.items():
                statements = captured(services, admin, ask)
                assert statements, name
                for statement, bound in statements:
                    if connection.dialect.name == "sqlite":
                        check_on_sqlite(
                            connection, statement, bound, ordered=cases is LISTED and "catalog_fact." not in statement
                        )
                        assert steps_on_sqlite(connection, statement, bound) <= most * 40, (name, statement)
                    else:
                        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                        (plan,) = connection.exec_driver_sql(explain, bound).scalar_one()
                        assert rows_read(plan["Plan"]) <= most, (name, plan)
