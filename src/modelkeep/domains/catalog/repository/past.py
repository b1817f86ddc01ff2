"""Lists of models and versions as of a time: the same fields and filters, answered with what was so then.

What never changes is compared as it is, what does by its interval. Rights are those of now.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import FromClause, bindparam, exists, func, literal, select

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.errors import ModelNotFoundError
from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.facts import AT, holds, stands, was_deleted
from modelkeep.domains.catalog.repository.fields import value_condition
from modelkeep.domains.catalog.repository.models import MODEL_ORDERS, MODEL_RULES, MODELS, build_model
from modelkeep.domains.catalog.repository.past_facts import models_at, versions_at
from modelkeep.domains.catalog.repository.permits import MODEL_PERMITTED
from modelkeep.domains.catalog.repository.search import NEWEST_FIRST, VERSION_ORDERS
from modelkeep.domains.catalog.repository.version_queries import VERSIONS_AT, stage_at
from modelkeep.domains.catalog.repository.version_rules import version_rules
from modelkeep.domains.catalog.repository.versions import build_version
from modelkeep.domains.catalog.tables import ALIAS, FACT, MODEL, VERSION
from modelkeep.kernel.filters import Field, OrderTerm, parse_filter
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import AnySelect, Transaction
from modelkeep.platform.database.criteria import (
    Column,
    Criterion,
    Rule,
    Term,
    compare_number,
    compare_text,
    compile_filter,
    number_rule,
    text_rule,
    time_rule,
)
from modelkeep.platform.database.lists import (
    ListPlan,
    OrderKey,
    fetch_planned,
    planned,
    single_order,
    unknown_order,
)


def find_model_at(tx: Transaction, name: ModelName, at: datetime) -> Model:
    """Return a model as it was at a time.

    Raises:
        ModelNotFoundError: it was not there then, or deleted.
    """
    row = tx.session.execute(_NAMED, {"wanted": str(name), "at": at}).one_or_none()
    if row is None:
        raise ModelNotFoundError(f"there was no model {name} then, or it was deleted", model=str(name))
    return models_at(tx.session, [build_model(row)], at)[0]


def list_models_at(
    tx: Transaction, query: ListQuery, request: PageRequest, values: Values, *, at: datetime
) -> Page[Model]:
    """Return one page of models as they were at a time: those the actor may see now."""
    plan = _model_plan(replace(query, as_of=None), tx.dialect)
    page = fetch_planned(
        tx.session, plan, {**values, "at": at}, request=request, scope=query.scope("models"), build=build_model
    )
    return replace(page, items=models_at(tx.session, page.items, at))


def list_versions_at(
    tx: Transaction,
    query: ListQuery,
    request: PageRequest,
    values: Values,
    *,
    at: datetime,
    model_id: str | None = None,
) -> Page[ModelVersion]:
    """Return one page of versions as they were at a time, of one model or of all the actor may see now."""
    plan = _version_plan(replace(query, as_of=None), tx.dialect)
    if model_id is not None:
        plan = replace(plan, rows=plan.rows.where(VERSION.c.model_id == model_id))
    scope = query.scope(f"versions {model_id}")
    page = fetch_planned(tx.session, plan, {**values, "at": at}, request=request, scope=scope, build=build_version)
    return replace(page, items=versions_at(tx.session, page.items, at))


@lru_cache(maxsize=64)
def _model_plan(query: ListQuery, dialect: str) -> ListPlan:
    """Return the plan of a list of models; the time is bound when it runs."""
    term = single_order(query.order, OrderTerm(Field("name")))
    key = _MODEL_ORDERS_AT.get(str(term.field))
    if key is None:
        raise unknown_order(query.order, term, _MODEL_ORDERS_AT)
    condition = compile_filter(query.filter, parse_filter(query.filter), _MODEL_RULES_AT, dialect=dialect)
    rows = _MODELS_AT.add_columns(key.column.label("place"), MODEL.c.id.label("identity"))
    rows = rows.where(condition, _model_state(deleted=query.deleted), MODEL_PERMITTED)
    return planned(rows, key, MODEL.c.id, descending=term.descending)


@lru_cache(maxsize=64)
def _version_plan(query: ListQuery, dialect: str) -> ListPlan:
    """Return the plan of a list of versions; the time is bound when it runs."""
    term = single_order(query.order, NEWEST_FIRST)
    key = _VERSION_ORDERS_AT.get(str(term.field))
    if key is None:
        raise unknown_order(query.order, term, _VERSION_ORDERS_AT)
    condition = compile_filter(query.filter, parse_filter(query.filter), _VERSION_RULES_AT, dialect=dialect)
    rows = VERSIONS_AT.add_columns(key.column.label("place"), VERSION.c.id.label("identity"))
    rows = rows.where(condition, _model_state(deleted=False), _version_state(deleted=query.deleted), MODEL_PERMITTED)
    return planned(rows, key, VERSION.c.id, descending=term.descending)


def _model_state(*, deleted: bool) -> Criterion:
    if deleted:
        return was_deleted("model.deleted", MODEL.c.id, AT)
    return stands("model.deleted", MODEL.c.id, MODEL.c.created_at, AT)


def _version_state(*, deleted: bool) -> Criterion:
    if deleted:
        return was_deleted("version.deleted", VERSION.c.id, AT)
    return stands("version.deleted", VERSION.c.id, VERSION.c.created_at, AT)


def _one(subject: Column, field: str) -> Column:
    """Return the one text that a field of a subject had; empty where it had none."""
    fact = FACT.alias()
    said = select(func.coalesce(fact.c.whole, fact.c.text))
    return func.coalesce(said.where(*_about(fact, subject, field)).scalar_subquery(), "")


def _changed_at(subject: Column, created_at: Column, field: str) -> Column:
    fact = FACT.alias()
    since = select(fact.c.since).where(*_about(fact, subject, field)).scalar_subquery()
    return func.coalesce(since, created_at, type_=created_at.type)


def _about(fact: FromClause, subject: Column, field: str) -> tuple[Criterion, ...]:
    return fact.c.subject_id == subject, fact.c.field == field, holds(fact, AT)


def _keyed(subject: Column, field: str, term: Term, *, numbers: bool = False) -> Criterion:
    """Return the condition that a subject had such a value under the key that the term names."""
    fact = FACT.alias()
    value = compare_number(fact.c.number, term) if numbers else value_condition(fact.c.text, fact.c.number, term)
    had = select(fact.c.subject_id).where(fact.c.field == field, fact.c.key == term.key, holds(fact, AT), value)
    return subject.in_(had)


def _owner(subject: Column, term: Term) -> Criterion:
    fact = FACT.alias()
    return exists().where(*_about(fact, subject, "model.owner"), compare_text(fact.c.text, term))


def _alias(owner: Column, subject: Column, term: Term) -> Criterion:
    pointing = ALIAS.alias()
    return exists().where(pointing.c[owner.name] == subject, holds(pointing, AT), compare_text(pointing.c.name, term))


_LAST_NUMBER: Final = (
    select(func.coalesce(func.max(VERSION.c.number), 0))
    .where(VERSION.c.model_id == MODEL.c.id, VERSION.c.created_at <= AT)
    .scalar_subquery()
)
_MODELS_AT: Final[AnySelect] = MODELS.with_only_columns(
    *(
        _LAST_NUMBER.label("last_number") if column.name == "last_number" else column
        for column in MODELS.selected_columns
    )
)
_NAMED: Final = _MODELS_AT.where(MODEL.c.name == bindparam("wanted"), _model_state(deleted=False))

_MODEL_CHANGED: Final = _changed_at(MODEL.c.id, MODEL.c.created_at, "model.revision")
_MODEL_ORDERS_AT: Final = {**MODEL_ORDERS, "changed": OrderKey(_MODEL_CHANGED, datetime)}
_MODEL_RULES_AT: Final[Mapping[str, Rule]] = {
    **MODEL_RULES,
    "description": text_rule(_one(MODEL.c.id, "model.description")),
    "task": text_rule(_one(MODEL.c.id, "model.task")),
    "visibility": text_rule(_one(MODEL.c.id, "model.visibility")),
    "owner": Rule(lambda term: _owner(MODEL.c.id, term)),
    "alias": Rule(lambda term: _alias(ALIAS.c.model_id, MODEL.c.id, term)),
    "versions": number_rule(_LAST_NUMBER),
    "changed": time_rule(_MODEL_CHANGED),
    "tag": Rule(lambda term: _keyed(MODEL.c.id, "model.tag", term), keyed=True),
}

_VERSION_CHANGED: Final = _changed_at(VERSION.c.id, VERSION.c.created_at, "version.revision")
_VERSION_ORDERS_AT: Final = {**VERSION_ORDERS, "changed": OrderKey(_VERSION_CHANGED, datetime)}
_VERSION_RULES_AT: Final[Mapping[str, Rule]] = {
    **version_rules(walked=VERSION.c.id),
    "task": text_rule(_one(VERSION.c.model_id, "model.task")),
    "owner": Rule(lambda term: _owner(VERSION.c.model_id, term)),
    "stage": text_rule(func.coalesce(stage_at(AT), literal(""))),
    "alias": Rule(lambda term: _alias(ALIAS.c.version_id, VERSION.c.id, term)),
    "changed": time_rule(_VERSION_CHANGED),
    "tag": Rule(lambda term: _keyed(VERSION.c.id, "version.tag", term), keyed=True),
    "metric": Rule(lambda term: _keyed(VERSION.c.id, "version.metric", term, numbers=True), keyed=True),
}
