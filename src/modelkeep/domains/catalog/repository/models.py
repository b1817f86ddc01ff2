"""Models within one transaction."""

from datetime import datetime

from sqlalchemy import exists, insert, select, update

from modelkeep.domains.catalog.domain.errors import ModelExistsError, ModelNotFoundError
from modelkeep.domains.catalog.domain.models import Model, Visibility
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository.fields import field_matches, index_model
from modelkeep.domains.catalog.repository.lists import OrderKey, fetch_page, single_order, unknown_order
from modelkeep.domains.catalog.tables import AliasRow, FieldRow, ModelRow
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

_ORDERS = {
    "name": OrderKey(ModelRow.name.expression, str),
    "created": OrderKey(ModelRow.id.expression, str),
    "changed": OrderKey(ModelRow.changed_at.expression, datetime),
}


class ModelRepository:
    """Models within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: ModelName, *, seen: int | None = None, lock: bool = False, deleted: bool = False) -> Model:
        """Return the model, or say that it is missing or newer than the caller thinks.

        `lock` holds the row until the transaction ends; `deleted` asks for a deleted model instead of a live one.
        """
        query = _columns().where(ModelRow.name == str(name))
        row = self._session.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise ModelNotFoundError(
                f"there is no model {name}; 'modelkeep push PATH {name}' creates it", model=str(name)
            )
        model = _model(row)
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

    def add(self, model: Model) -> None:
        """Store a new model."""
        taken = self._session.execute(select(ModelRow.deleted_at).where(ModelRow.name == str(model.name))).one_or_none()
        if taken is not None:
            state = "is deleted but keeps its name; restore it" if taken.deleted_at else "exists already"
            raise ModelExistsError(f"model {model.name} {state}", model=str(model.name))
        values = _values(model) | {"id": model.id, "name": str(model.name), "namespace": model.name.namespace}
        created = {"created_at": model.created_at, "created_by": model.created_by, "last_number": 0}
        self._session.execute(insert(ModelRow).values(values | created))
        index_model(self._session, model, fresh=True)

    def save(self, model: Model) -> None:
        """Store a changed model, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(ModelRow)
            .where(ModelRow.id == model.id, ModelRow.revision == model.revision - 1)
            .values(_values(model))
            .returning(ModelRow.id)
        )
        if saved.one_or_none() is None:
            raise _stale(model)
        index_model(self._session, model)

    def take_number(self, model_id: str) -> int:
        """Take the next version number of a model; the row stays locked, so that numbers have no gap."""
        return self._session.execute(
            update(ModelRow)
            .where(ModelRow.id == model_id)
            .values(last_number=ModelRow.last_number + 1)
            .returning(ModelRow.last_number)
        ).scalar_one()

    def list(self, query: ListQuery, request: PageRequest) -> Page[Model]:
        """Return one page of models."""
        term = single_order(query.order, OrderTerm(Field("name")))
        key = _ORDERS.get(str(term.field))
        if key is None:
            raise unknown_order(query.order, term, _ORDERS)
        condition = compile_filter(query.filter, parse_filter(query.filter), _RULES, dialect=self._dialect)
        state = ModelRow.deleted_at.is_not(None) if query.deleted else ModelRow.deleted_at.is_(None)
        return fetch_page(
            self._session,
            _columns().add_columns(key.column, ModelRow.id).where(condition, state),
            request=request,
            scope=query.scope("models"),
            order=(key, ModelRow.id.expression, term.descending),
            build=_model,
        )


def _owner(term: Term) -> Criterion:
    wanted = (FieldRow.subject_id == ModelRow.id, FieldRow.field == "model.owner")
    value = () if term.operator is Operator.EXISTS else (compare_text(FieldRow.text.expression, term),)
    return exists().where(*wanted, *value)


def _alias(term: Term) -> Criterion:
    wanted = (AliasRow.model_id == ModelRow.id, AliasRow.until.is_(None))
    return exists().where(*wanted, compare_text(AliasRow.name.expression, term))


_RULES: dict[str, Rule] = {
    "name": text_rule(ModelRow.name.expression),
    "namespace": text_rule(ModelRow.namespace.expression),
    "description": text_rule(ModelRow.description.expression),
    "task": text_rule(ModelRow.task.expression),
    "visibility": text_rule(ModelRow.visibility.expression),
    "owner": Rule(_owner),
    "alias": Rule(_alias),
    "versions": number_rule(ModelRow.last_number.expression),
    "created": time_rule(ModelRow.created_at.expression),
    "created_by": text_rule(ModelRow.created_by.expression),
    "changed": time_rule(ModelRow.changed_at.expression),
    "tag": Rule(lambda term: field_matches(ModelRow.id.expression, "model.tag", term), keyed=True),
}


def _columns() -> AnySelect:
    return select(
        ModelRow.id,
        ModelRow.name,
        ModelRow.description,
        ModelRow.task,
        ModelRow.visibility,
        ModelRow.owners,
        ModelRow.tags,
        ModelRow.last_number,
        ModelRow.created_at,
        ModelRow.created_by,
        ModelRow.changed_at,
        ModelRow.changed_by,
        ModelRow.deleted_at,
        ModelRow.revision,
    )


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


def _model(row: AnyRow) -> Model:
    return Model(
        id=row.id,
        name=ModelName.parse(row.name),
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
