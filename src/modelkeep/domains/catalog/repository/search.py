"""Lists of versions: every field of the record can be filtered, most can be ordered by."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import exists

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.fields import (
    CODE_KEYS,
    DATA_KEYS,
    ENVIRONMENT_KEYS,
    PARENT_KEYS,
    field_matches,
    number_matches,
    shortened,
)
from modelkeep.domains.catalog.repository.permits import MODEL_PERMITTED
from modelkeep.domains.catalog.repository.version_queries import VERSIONS, in_range
from modelkeep.domains.catalog.repository.versions import build_version
from modelkeep.domains.catalog.tables import ALIAS, FIELD, MODEL, VERSION
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.filters import And, Comparison, Expression, Field, Operator, OrderTerm, Text, Word, parse_filter
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.semver import Range, Version
from modelkeep.platform.database import AnySelect, Transaction
from modelkeep.platform.database.criteria import (
    Column,
    Criterion,
    Rule,
    Term,
    compare_boolean,
    compare_text,
    compile_filter,
    number_rule,
    ordered,
    text_rule,
    time_rule,
)
from modelkeep.platform.database.lists import BoundSelect, ListPlan, OrderKey, fetch_page, single_order, unknown_order

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
    plan = _plan(query, tx.dialect, model_id is None)
    return fetch_page(
        tx.session,
        BoundSelect(plan.rows if model_id is None else plan.rows.where(VERSION.c.model_id == model_id), values),
        request=request,
        scope=query.scope(f"versions {model_id}"),
        order=(plan.key, plan.identity, plan.descending),
        build=build_version,
    )


@lru_cache(maxsize=256)
def _plan(query: ListQuery, dialect: str, all_models: bool) -> ListPlan:  # noqa: FBT001 - an lru_cache tells positions
    """Return the plan of a list; the pages of one list, and the same question again, share it."""
    term = single_order(query.order, NEWEST_FIRST)
    expression = parse_filter(query.filter)
    state = VERSION.c.deleted_at.is_not(None) if query.deleted else VERSION.c.deleted_at.is_(None)
    rows = VERSIONS.where(MODEL.c.deleted_at.is_(None), state, MODEL_PERMITTED)
    driver = _driver(expression) if all_models and str(term.field) == "created" else None
    if driver is not None:
        rows, key, identity = _driven(rows, driver)
        expression = _without(expression, driver)
    else:
        rows, key, identity = _ordered(rows, query.order, term)
    rows = rows.where(compile_filter(query.filter, expression, VERSION_RULES, dialect=dialect))
    rows = rows.add_columns(key.column.label("place"), identity.label("identity"))
    return ListPlan(rows, key, identity, term.descending)


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


def _driver(expression: Expression | None) -> Comparison | None:
    """Return a term that must hold and names exact text of a tag or parameter, if there is one.

    The index on that field then delivers the versions newest first, and the page is full after as many rows as it has.
    A version has one value under each of their keys, so that it comes once.
    """
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for part in parts:
        if not isinstance(part, Comparison) or part.operator is not Operator.EQUAL or part.field.key is None:
            continue
        if part.field.name in ("tag", "param") and isinstance(part.value, Text | Word):
            return part
    return None


def _without(expression: Expression | None, part: Comparison) -> Expression | None:
    """Return what else must hold."""
    if not isinstance(expression, And):
        return None
    return And(tuple(other for other in expression.parts if other is not part))


def _version(term: Term) -> Criterion:
    """Compare by precedence; a partial version such as 1.2 means 1.2.0, and `~` takes a range."""
    column: Column = VERSION.c.precedence
    if term.operator is Operator.EXISTS:
        return column.is_not(None)
    try:
        if term.operator is Operator.MATCHES:
            return in_range(Range.parse(term.text))
        padded = term.text + ".0" * (2 - term.text.count(".")) if term.text.replace(".", "").isdigit() else term.text
        return ordered(column, term.operator, Version.parse(padded).precedence_key)
    except InvalidValueError as error:
        term.refuse(error.message)


def _alias(term: Term) -> Criterion:
    wanted = (ALIAS.c.version_id == VERSION.c.id, ALIAS.c.until.is_(None))
    return exists().where(*wanted, compare_text(ALIAS.c.name, term))


def _owner(term: Term) -> Criterion:
    wanted = (FIELD.c.subject_id == VERSION.c.model_id, FIELD.c.field == "model.owner")
    return exists().where(*wanted, compare_text(FIELD.c.text, term))


def _prerelease(term: Term) -> Criterion:
    return compare_boolean(VERSION.c.prerelease, term)


def _field(field: str, keys: tuple[str, ...] = ()) -> Rule:
    return Rule(lambda term: field_matches(VERSION.c.id, field, term), keyed=True, keys=keys)


VERSION_RULES: dict[str, Rule] = {
    "name": text_rule(MODEL.c.name),
    "namespace": text_rule(MODEL.c.namespace),
    "task": text_rule(MODEL.c.task),
    "owner": Rule(_owner),
    "version": Rule(_version),
    "prerelease": Rule(_prerelease),
    "number": number_rule(VERSION.c.number),
    "stage": text_rule(VERSION.c.stage),
    "alias": Rule(_alias),
    "digest": text_rule(VERSION.c.manifest_digest),
    "files": number_rule(VERSION.c.file_count),
    "size": number_rule(VERSION.c.total_size),
    "created": time_rule(VERSION.c.created_at),
    "created_by": text_rule(VERSION.c.created_by),
    "changed": time_rule(VERSION.c.changed_at),
    "tag": _field("version.tag"),
    "metric": Rule(lambda term: number_matches(VERSION.c.id, "version.metric", term), keyed=True),
    "param": _field("version.param"),
    "training_data": _field("version.training_data", DATA_KEYS),
    "validation_data": _field("version.validation_data", DATA_KEYS),
    "training_code": _field("version.training_code", CODE_KEYS),
    "environment": _field("version.environment", ENVIRONMENT_KEYS),
    "parent": _field("version.parent", PARENT_KEYS),
}
"""How the fields of a filter of versions are compared."""
