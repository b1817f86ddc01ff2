"""Models within one transaction."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.errors import ModelExistsError, ModelNotFoundError, no_such_model
from modelkeep.domains.catalog.domain.models import Model, Visibility
from modelkeep.domains.catalog.domain.moments import Change
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository.facts import model_facts, write_facts
from modelkeep.domains.catalog.repository.fields import field_matches, index_model
from modelkeep.domains.catalog.repository.permits import MODEL_PERMITTED
from modelkeep.domains.catalog.tables import ALIAS, FIELD, MODEL
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.filters import Field, Operator, OrderTerm, parse_filter
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.criteria import (
    Criterion,
    Rule,
    Term,
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

MODEL_ORDERS = {
    "name": OrderKey(MODEL.c.name, str),
    "created": OrderKey(MODEL.c.id, str),
    "changed": OrderKey(MODEL.c.changed_at, datetime),
}
"""What models can be ordered by."""

MODELS: Final[AnySelect] = select(
    MODEL.c.id,
    MODEL.c.name,
    MODEL.c.description,
    MODEL.c.task,
    MODEL.c.visibility,
    MODEL.c.owners,
    MODEL.c.tags,
    MODEL.c.last_number,
    MODEL.c.created_at,
    MODEL.c.created_by,
    MODEL.c.changed_at,
    MODEL.c.changed_by,
    MODEL.c.deleted_at,
    MODEL.c.revision,
)
"""Whole models."""
_NAMED: Final = MODELS.where(MODEL.c.name == bindparam("wanted"))
_OF_IDS: Final = MODELS.where(MODEL.c.id.in_(bindparam("ids", expanding=True)))
_VISIBILITY: Final = select(MODEL.c.visibility).where(MODEL.c.name == bindparam("wanted"))
_LOCKED: Final = _NAMED.with_for_update()
_SAVE: Final = (
    update(MODEL)
    .where(MODEL.c.id == bindparam("saved_id"), MODEL.c.revision == bindparam("seen"))
    .returning(MODEL.c.id)
)
_TAKE_NUMBER: Final = (
    update(MODEL)
    .where(MODEL.c.id == bindparam("model_id"))
    .values(last_number=MODEL.c.last_number + 1)
    .returning(MODEL.c.last_number)
)


class ModelRepository:
    """Models within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: ModelName, *, seen: int | None = None, lock: bool = False, deleted: bool = False) -> Model:
        """Return the model, or say that it is missing or newer than the caller thinks.

        `lock` holds the row until the transaction ends; `deleted` asks for a deleted model instead of a live one.
        """
        model = self.known(name, lock=lock)
        if (model.deleted_at is not None) is not deleted:
            raise ModelNotFoundError(
                f"model {name} is not deleted"
                if deleted
                else f"model {name} is deleted; 'modelkeep restore {name}' brings it back",
                model=str(name),
            )
        if seen not in (None, model.revision):
            raise _stale(model)
        return model

    def known(self, name: ModelName, *, lock: bool = False) -> Model:
        """Return the model, deleted or not, or say that it is missing."""
        row = self._session.execute(_LOCKED if lock else _NAMED, {"wanted": str(name)}).one_or_none()
        if row is None:
            raise no_such_model(name)
        return build_model(row)

    def of_ids(self, ids: Collection[str]) -> tuple[Model, ...]:
        """Return the models with these ids, deleted or not."""
        return tuple(map(build_model, self._session.execute(_OF_IDS, {"ids": tuple(ids)})))

    def visibility(self, name: ModelName) -> str | None:
        """Return the visibility of a model, or None if there is no such model."""
        found: str | None = self._session.scalar(_VISIBILITY, {"wanted": str(name)})
        return found

    def add(self, model: Model) -> None:
        """Store a new model."""
        values = _values(model) | {"id": model.id, "name": str(model.name), "namespace": model.name.namespace}
        created = {"created_at": model.created_at, "created_by": model.created_by, "last_number": 0}
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        add = dialect.insert(MODEL).on_conflict_do_nothing().returning(MODEL.c.id)
        if self._session.execute(add, values | created).one_or_none() is None:
            taken = self._session.execute(_NAMED, {"wanted": str(model.name)}).one()
            state = "is deleted but keeps its name; restore it" if taken.deleted_at else "exists already"
            raise ModelExistsError(f"model {model.name} {state}", model=str(model.name))
        index_model(self._session, model, fresh=True)
        made = Change(model.created_at, model.created_by)
        write_facts(self._session, model.id, made, before={}, after=model_facts(model))

    def save(self, model: Model, *, before: Model) -> None:
        """Store a changed model and what was so until now, unless another transaction has stored one meanwhile."""
        seen = {"saved_id": model.id, "seen": model.revision - 1}
        saved = self._session.execute(_SAVE, _values(model) | seen)
        if saved.one_or_none() is None:
            raise _stale(model)
        index_model(self._session, model)
        change = Change(model.changed_at, model.changed_by)
        write_facts(self._session, model.id, change, before=model_facts(before), after=model_facts(model))

    def lock(self, name: ModelName) -> None:
        """Hold a model, deleted or not, until the transaction ends."""
        self._session.execute(_LOCKED, {"wanted": str(name)}).one()

    def take_number(self, model_id: str) -> int:
        """Take the next version number of a model; the row stays locked, so that numbers have no gap."""
        number: int = self._session.execute(_TAKE_NUMBER, {"model_id": model_id}).scalar_one()
        return number

    def list(self, query: ListQuery, request: PageRequest, values: Values) -> Page[Model]:
        """Return one page of the models on which the actor may."""
        plan, scope = _plan(query, self._dialect), query.scope("models")
        return fetch_planned(self._session, plan, values, request=request, scope=scope, build=build_model)


@lru_cache(maxsize=64)
def _plan(query: ListQuery, dialect: str) -> ListPlan:
    """Return the plan of a list; the pages of one list, and the same question again, share it."""
    term = single_order(query.order, OrderTerm(Field("name")))
    key = MODEL_ORDERS.get(str(term.field))
    if key is None:
        raise unknown_order(query.order, term, MODEL_ORDERS)
    condition = compile_filter(query.filter, parse_filter(query.filter), MODEL_RULES, dialect=dialect)
    state = MODEL.c.deleted_at.is_not(None) if query.deleted else MODEL.c.deleted_at.is_(None)
    rows = MODELS.add_columns(key.column.label("place"), MODEL.c.id.label("identity"))
    return planned(rows.where(condition, state, MODEL_PERMITTED), key, MODEL.c.id, descending=term.descending)


def _owner(term: Term) -> Criterion:
    wanted = (FIELD.c.subject_id == MODEL.c.id, FIELD.c.field == "model.owner")
    value = () if term.operator is Operator.EXISTS else (compare_text(FIELD.c.text, term),)
    return exists().where(*wanted, *value)


def _alias(term: Term) -> Criterion:
    wanted = (ALIAS.c.model_id == MODEL.c.id, ALIAS.c.until.is_(None))
    return exists().where(*wanted, compare_text(ALIAS.c.name, term))


MODEL_RULES: dict[str, Rule] = {
    "name": text_rule(MODEL.c.name),
    "namespace": text_rule(MODEL.c.namespace),
    "description": text_rule(MODEL.c.description),
    "task": text_rule(MODEL.c.task),
    "visibility": text_rule(MODEL.c.visibility),
    "owner": Rule(_owner),
    "alias": Rule(_alias),
    "versions": number_rule(MODEL.c.last_number),
    "created": time_rule(MODEL.c.created_at),
    "created_by": text_rule(MODEL.c.created_by),
    "changed": time_rule(MODEL.c.changed_at),
    "tag": Rule(lambda term: field_matches(MODEL.c.id, "model.tag", term), keyed=True),
}
"""How the fields of a filter of models are compared."""


def _values(model: Model) -> dict[str, object]:
    return {
        "description": model.description,
        "task": model.task,
        "visibility": model.visibility.value,
        "owners": list(model.owners),
        "tags": dict(model.tags),
        "changed_at": model.changed_at,
        "changed_by": model.changed_by,
        "deleted_at": model.deleted_at,
        "revision": model.revision,
    }


def build_model(row: AnyRow) -> Model:
    """Return the model in a row of `MODELS`."""
    return Model(
        id=row.id,
        name=ModelName(*row.name.split("/")),
        description=row.description,
        task=row.task,
        visibility=Visibility(row.visibility),
        owners=tuple(row.owners),
        tags=row.tags,
        last_number=row.last_number,
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
        changed_at=row.changed_at,
        changed_by=PrincipalId(row.changed_by),
        deleted_at=row.deleted_at,
        revision=row.revision,
    )


def _stale(model: Model) -> StaleRevisionError:
    return StaleRevisionError(
        f"model {model.name} has changed meanwhile; read it again and retry", model=str(model.name)
    )
