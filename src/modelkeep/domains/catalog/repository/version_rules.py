"""What versions are filtered by: the test of each version, and what an index finds."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import exists, select

from modelkeep.domains.catalog.repository.fields import (
    CODE_KEYS,
    DATA_KEYS,
    ENVIRONMENT_KEYS,
    PARENT_KEYS,
    field_matches,
    find_field,
    find_number,
    number_matches,
)
from modelkeep.domains.catalog.repository.version_queries import in_range
from modelkeep.domains.catalog.tables import ALIAS, FIELD, MODEL, VERSION
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.filters import Operator
from modelkeep.kernel.semver import Range, Version
from modelkeep.platform.database import AnySelect
from modelkeep.platform.database.criteria import (
    Column,
    Criterion,
    Rule,
    Term,
    compare_boolean,
    compare_number,
    compare_text,
    compare_time,
    ordered,
    unindexed,
)


def version_rules(subject: Column = VERSION.c.id, walked: Column | None = None) -> dict[str, Rule]:
    """Return the rules of a list of versions.

    `subject` is the column that tests take a version's id from: the first one that the list reads it from. `walked` is
    the column in whose order the list is read, unless it begins with what a condition finds.
    """
    rules = _Rules(subject, walked)
    return {
        "name": rules.column(MODEL.c.name, compare_text),
        "namespace": rules.column(MODEL.c.namespace, compare_text),
        "task": rules.column(MODEL.c.task, compare_text),
        "owner": Rule(_owner, find=_find_owner),
        "version": rules.column(VERSION.c.precedence, _compare_version),
        "prerelease": rules.column(VERSION.c.prerelease, compare_boolean),
        "number": rules.column(VERSION.c.number, compare_number),
        "stage": rules.column(VERSION.c.stage, compare_text),
        "alias": Rule(rules.alias, find=_find_alias),
        "digest": rules.column(VERSION.c.manifest_digest, compare_text),
        "files": rules.column(VERSION.c.file_count, compare_number),
        "size": rules.column(VERSION.c.total_size, compare_number),
        "created": rules.column(VERSION.c.created_at, compare_time),
        "created_by": rules.column(VERSION.c.created_by, compare_text),
        "changed": rules.column(VERSION.c.changed_at, compare_time),
        "tag": rules.field("version.tag"),
        "metric": rules.number("version.metric"),
        "param": rules.field("version.param"),
        "training_data": rules.field("version.training_data", DATA_KEYS),
        "validation_data": rules.field("version.validation_data", DATA_KEYS),
        "training_code": rules.field("version.training_code", CODE_KEYS),
        "environment": rules.field("version.environment", ENVIRONMENT_KEYS),
        "parent": rules.field("version.parent", PARENT_KEYS),
    }


@dataclass(frozen=True, slots=True)
class _Rules:
    subject: Column
    walked: Column | None

    def column(self, column: Column, compare: Callable[[Column, Term], Criterion]) -> Rule:
        """Compare a column of versions or of their models."""

        def test(term: Term) -> Criterion:
            return compare(column if self._keeps_order(column, term.operator) else unindexed(column), term)

        def find(term: Term) -> AnySelect:
            return _versions_with(column, compare(column, term))

        return Rule(test, find=None if column in _UNINDEXED else find)

    def _keeps_order(self, column: Column, operator: Operator) -> bool:
        """Say whether what an index on the column delivers is in the order of the list already.

        The versions with one value are in the order of ids, and so are the versions of one model.
        """
        if self.walked is None or column is self.walked:
            return column is self.walked
        one = operator is Operator.EQUAL and (column.table is VERSION or column is MODEL.c.name)
        return one and self.walked is VERSION.c.id

    def field(self, field: str, keys: tuple[str, ...] = ()) -> Rule:
        """Compare a field of the record."""
        return Rule(
            lambda term: field_matches(self.subject, field, term),
            keyed=True,
            keys=keys,
            find=lambda term: find_field(field, term),
        )

    def number(self, field: str) -> Rule:
        """Compare a field of the record that is a number."""
        return Rule(
            lambda term: number_matches(self.subject, field, term),
            keyed=True,
            find=lambda term: find_number(field, term),
        )

    def alias(self, term: Term) -> Criterion:
        """Compare the names of the aliases that point to a version."""
        return exists().where(ALIAS.c.version_id == self.subject, ALIAS.c.until.is_(None), _named(term))


_UNINDEXED = (VERSION.c.prerelease, VERSION.c.file_count)


def _versions_with(column: Column, condition: Criterion) -> AnySelect:
    """Return the query of the versions for which a condition on a column of theirs, or of their models, holds."""
    versions = select(VERSION.c.id).correlate(None)
    if column.table is VERSION:
        return versions.where(condition)
    return versions.where(VERSION.c.model_id.in_(select(MODEL.c.id).where(condition).correlate(None)))


def _compare_version(column: Column, term: Term) -> Criterion:
    """Compare by precedence; a partial version such as 1.2 means 1.2.0, and `~` takes a range."""
    if term.operator is Operator.EXISTS:
        return column.is_not(None)
    try:
        if term.operator is Operator.MATCHES:
            return in_range(Range.parse(term.text), column)
        padded = term.text + ".0" * (2 - term.text.count(".")) if term.text.replace(".", "").isdigit() else term.text
        return ordered(column, term.operator, Version.parse(padded).precedence_key)
    except InvalidValueError as error:
        term.refuse(error.message)


def _owner(term: Term) -> Criterion:
    return exists().where(FIELD.c.subject_id == VERSION.c.model_id, *_owned(term))


def _find_owner(term: Term) -> AnySelect:
    owned = select(FIELD.c.subject_id).where(*_owned(term))
    return select(VERSION.c.id).where(VERSION.c.model_id.in_(owned)).correlate(None)


def _owned(term: Term) -> tuple[Criterion, ...]:
    return FIELD.c.field == "model.owner", FIELD.c.key == "", compare_text(FIELD.c.text, term)


def _find_alias(term: Term) -> AnySelect:
    return select(ALIAS.c.version_id).where(ALIAS.c.until.is_(None), _named(term))


def _named(term: Term) -> Criterion:
    return compare_text(ALIAS.c.name, term)
