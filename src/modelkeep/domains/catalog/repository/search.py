"""Lists of versions: every field of the record can be filtered, most can be ordered by."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.fields import shortened
from modelkeep.domains.catalog.repository.permits import MODEL_PERMITTED
from modelkeep.domains.catalog.repository.version_queries import VERSIONS
from modelkeep.domains.catalog.repository.version_rules import version_rules
from modelkeep.domains.catalog.repository.versions import build_version
from modelkeep.domains.catalog.tables import FIELD, MODEL, VERSION
from modelkeep.kernel.filters import Comparison, Expression, Field, Operator, OrderTerm, Text, Word, parse_filter
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyFound, AnySelect, Transaction
from modelkeep.platform.database.criteria import Column, compile_filter, conjuncts, find_ids, unindexed
from modelkeep.platform.database.lists import (
    ListPlan,
    OrderKey,
    fetch_planned,
    planned,
    single_order,
    unknown_order,
)

FEW = 5_000
"""So many versions are rather sorted than looked for in the order of a list.

Of 1,000,000 versions these are every 200th: in the order of a list, a page of 100 is full after reading 20,000.
"""

VERSION_ORDERS = {
    "created": OrderKey(VERSION.c.id, str),
    "changed": OrderKey(VERSION.c.changed_at, datetime),
    "number": OrderKey(VERSION.c.number, int),
    "version": OrderKey(VERSION.c.precedence, str),
    "size": OrderKey(VERSION.c.total_size, int),
}
"""What versions can be ordered by, beside their metrics."""

NEWEST_FIRST = OrderTerm(Field("created"), descending=True)


def list_versions(
    tx: Transaction, query: ListQuery, request: PageRequest, values: Values, *, model_id: str | None = None
) -> Page[ModelVersion]:
    """Return one page of the versions on which the actor may, of one model or of all."""
    plan = _plan(query, tx.dialect, model_id is None, None if model_id else _finding_fewest(tx, query))
    if model_id is not None:
        plan = replace(plan, rows=plan.rows.where(VERSION.c.model_id == model_id))
    scope = query.scope(f"versions {model_id}")
    return fetch_planned(tx.session, plan, values, request=request, scope=scope, build=build_version)


def _finding_fewest(tx: Transaction, query: ListQuery) -> int | None:
    """Return the place of the condition that finds the fewest versions, unless each finds more than a few."""
    fewest, place = FEW + 1, None
    for candidate, ids in _finding(query, tx.dialect).items():
        counted = select(func.count()).select_from(ids.limit(FEW + 1).subquery("found"))
        found = tx.session.execute(counted).scalar_one()
        if found < fewest:
            fewest, place = found, candidate
    return place


@lru_cache(maxsize=256)
def _finding(query: ListQuery, dialect: str) -> dict[int, AnyFound]:
    """Return the queries of what conditions find, by the place of each: where indexes serve it, and it matters."""
    parts = conjuncts(parse_filter(query.filter))
    if len(parts) == 1 and _walked_by(query, parts) is not None:
        return {}  # the list is read from the index of this condition, in its order
    rules = version_rules()
    found = ((place, find_ids(query.filter, part, rules, dialect=dialect)) for place, part in enumerate(parts))
    return {place: ids for place, ids in found if ids is not None}


@lru_cache(maxsize=256)
def _plan(query: ListQuery, dialect: str, all_models: bool, fewest: int | None) -> ListPlan:  # noqa: FBT001 - an lru_cache tells positions
    """Return the plan of a list; the pages of one list, and the same question again, share it.

    It begins with the versions that the condition at `fewest` finds; else it is walked in its order, if possible
    through the index of a condition that delivers this order.
    """
    term = single_order(query.order, NEWEST_FIRST)
    parts = conjuncts(parse_filter(query.filter))
    state = VERSION.c.deleted_at.is_not(None) if query.deleted else VERSION.c.deleted_at.is_(None)
    rows = VERSIONS.where(MODEL.c.deleted_at.is_(None), state, MODEL_PERMITTED)
    walked = _walked_by(query, parts) if all_models and fewest is None else None
    rows, key, identity = _ordered(rows, query.order, term) if walked is None else _driven(rows, walked)
    if fewest is not None:
        rows = rows.where(identity.in_(_finding(query, dialect)[fewest]))
        key = key if key.column is identity else OrderKey(unindexed(key.column), key.kind)  # what was found is sorted
    rules = version_rules(identity, key.column if all_models and fewest is None else None)
    rest = (part for place, part in enumerate(parts) if part is not walked and place != fewest)
    rows = rows.where(*(compile_filter(query.filter, part, rules, dialect=dialect) for part in rest))
    rows = rows.add_columns(key.column.label("place"), identity.label("identity"))
    return planned(rows, key, identity, descending=term.descending)


def _ordered(rows: AnySelect, text: str, term: OrderTerm) -> tuple[AnySelect, OrderKey, Column]:
    """Return the query with what its order needs, the order's key, and the id that breaks ties."""
    if term.field.name == "metric" and term.field.key is not None:
        metric = FIELD.alias()
        rows = rows.join(metric, metric.c.subject_id == VERSION.c.id).where(
            metric.c.field == "version.metric", metric.c.key == term.field.key, metric.c.ordinal == 0
        )
        return rows, OrderKey(metric.c.number, float), metric.c.subject_id
    key = VERSION_ORDERS.get(str(term.field))
    if key is None:
        raise unknown_order(text, term, {**VERSION_ORDERS, "metric.NAME": None})
    return rows, key, VERSION.c.id


def _driven(rows: AnySelect, driver: Comparison) -> tuple[AnySelect, OrderKey, Column]:
    """Return the query through the index of a field, which delivers its versions in the order they were made."""
    entry = FIELD.alias()
    rows = rows.join(entry, entry.c.subject_id == VERSION.c.id).where(
        entry.c.field == f"version.{driver.field.name}",
        entry.c.key == driver.field.key,
        entry.c.text == shortened(driver.value.text if isinstance(driver.value, Text | Word) else ""),
    )
    return rows, OrderKey(entry.c.subject_id, str), entry.c.subject_id


def _walked_by(query: ListQuery, parts: tuple[Expression, ...]) -> Comparison | None:
    """Return a condition on exact text of a tag or parameter, if there is one and the list is in the order of ids.

    The index on that field then delivers the versions newest first, and the page is full after as many rows as it has.
    A version has one value under each of their keys, so that it comes once.
    """
    if str(single_order(query.order, NEWEST_FIRST).field) != "created":
        return None
    for part in parts:
        if not isinstance(part, Comparison) or part.operator is not Operator.EQUAL or part.field.key is None:
            continue
        if part.field.name in ("tag", "param") and isinstance(part.value, Text | Word):
            return part
    return None
