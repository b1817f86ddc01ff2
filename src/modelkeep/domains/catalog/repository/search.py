"""Lists of versions: every field of the record can be filtered, most can be ordered by."""

from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import aliased

from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.fields import (
    CODE_KEYS,
    DATA_KEYS,
    ENVIRONMENT_KEYS,
    PARENT_KEYS,
    field_matches,
    shortened,
)
from modelkeep.domains.catalog.repository.lists import OrderKey, fetch_page, single_order, unknown_order
from modelkeep.domains.catalog.repository.versions import build_version, in_range, select_versions
from modelkeep.domains.catalog.tables import AliasRow, FieldRow, ModelRow, VersionRow
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

_ORDERS = {
    "created": OrderKey(VersionRow.id.expression, str),
    "changed": OrderKey(VersionRow.changed_at.expression, datetime),
    "number": OrderKey(VersionRow.number.expression, int),
    "version": OrderKey(VersionRow.precedence.expression, str),
    "size": OrderKey(VersionRow.total_size.expression, int),
}
_NEWEST_FIRST = OrderTerm(Field("created"), descending=True)


def list_versions(
    tx: Transaction, query: ListQuery, request: PageRequest, *, model_id: str | None = None
) -> Page[ModelVersion]:
    """Return one page of versions, of one model or of all."""
    term = single_order(query.order, _NEWEST_FIRST)
    expression = parse_filter(query.filter)
    rows = select_versions().where(ModelRow.deleted_at.is_(None))
    if model_id is not None:
        rows = rows.where(VersionRow.model_id == model_id)
    state = VersionRow.deleted_at.is_not(None) if query.deleted else VersionRow.deleted_at.is_(None)
    rows = rows.where(state, compile_filter(query.filter, expression, _RULES, dialect=tx.dialect))
    rows, key, identity = _ordered(rows, query.order, term, None if model_id else _driver(expression))
    return fetch_page(
        tx.session,
        rows.add_columns(key.column.label("place"), identity.label("identity")),
        request=request,
        scope=query.scope(f"versions {model_id}"),
        order=(key, identity, term.descending),
        build=build_version,
    )


def _ordered(
    rows: AnySelect, text: str, term: OrderTerm, driver: tuple[Field, str] | None
) -> tuple[AnySelect, OrderKey, Column]:
    """Return the query with what its order needs, the order's key, and the id that breaks ties."""
    if term.field.name == "metric" and term.field.key is not None:
        metric = aliased(FieldRow)
        rows = rows.join(metric, metric.subject_id == VersionRow.id).where(
            metric.field == "version.metric", metric.key == term.field.key, metric.ordinal == 0
        )
        return rows, OrderKey(metric.number.expression, float), metric.subject_id.expression
    if term.field.name == "created" and driver is not None:
        entry = aliased(FieldRow)
        rows = rows.join(entry, entry.subject_id == VersionRow.id).where(
            entry.field == f"version.{driver[0].name}",
            entry.key == driver[0].key,
            entry.text == shortened(driver[1]),
        )
        return rows, OrderKey(entry.subject_id.expression, str), entry.subject_id.expression
    key = _ORDERS.get(str(term.field))
    if key is None:
        raise unknown_order(text, term, {**_ORDERS, "metric.NAME": None})
    return rows, key, VersionRow.id.expression


def _driver(expression: Expression | None) -> tuple[Field, str] | None:
    """Return a term that must hold and names exact text of a tag or parameter, if there is one.

    The index on that field then delivers the versions newest first, and the page is full after as many rows as it has.
    """
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for part in parts:
        if not isinstance(part, Comparison) or part.operator is not Operator.EQUAL or part.field.key is None:
            continue
        if part.field.name in ("tag", "param") and isinstance(part.value, Text | Word):
            return part.field, part.value.text
    return None


def _version(term: Term) -> Criterion:
    """Compare by precedence; a partial version such as 1.2 means 1.2.0, and `~` takes a range."""
    column: Column = VersionRow.precedence.expression
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
    wanted = (AliasRow.version_id == VersionRow.id, AliasRow.until.is_(None))
    return exists().where(*wanted, compare_text(AliasRow.name.expression, term))


def _owner(term: Term) -> Criterion:
    wanted = (FieldRow.subject_id == VersionRow.model_id, FieldRow.field == "model.owner")
    return exists().where(*wanted, compare_text(FieldRow.text.expression, term))


def _prerelease(term: Term) -> Criterion:
    return compare_boolean(VersionRow.prerelease.expression, term)


def _field(field: str, keys: tuple[str, ...] = ()) -> Rule:
    return Rule(lambda term: field_matches(VersionRow.id.expression, field, term), keyed=True, keys=keys)


_RULES: dict[str, Rule] = {
    "name": text_rule(ModelRow.name.expression),
    "namespace": text_rule(ModelRow.namespace.expression),
    "task": text_rule(ModelRow.task.expression),
    "owner": Rule(_owner),
    "version": Rule(_version),
    "prerelease": Rule(_prerelease),
    "number": number_rule(VersionRow.number.expression),
    "stage": text_rule(VersionRow.stage.expression),
    "alias": Rule(_alias),
    "digest": text_rule(VersionRow.manifest_digest.expression),
    "files": number_rule(VersionRow.file_count.expression),
    "size": number_rule(VersionRow.total_size.expression),
    "created": time_rule(VersionRow.created_at.expression),
    "created_by": text_rule(VersionRow.created_by.expression),
    "changed": time_rule(VersionRow.changed_at.expression),
    "tag": _field("version.tag"),
    "metric": _field("version.metric"),
    "param": _field("version.param"),
    "training_data": _field("version.training_data", DATA_KEYS),
    "validation_data": _field("version.validation_data", DATA_KEYS),
    "training_code": _field("version.training_code", CODE_KEYS),
    "environment": _field("version.environment", ENVIRONMENT_KEYS),
    "parent": _field("version.parent", PARENT_KEYS),
}
