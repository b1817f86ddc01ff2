"""What of the catalog an actor may, as conditions and single checks: each statement is built once."""

from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE, NAMESPACE_STATE, VERSION
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction
from modelkeep.platform.database.criteria import Column, Criterion

MODEL_PERMITTED: Final = permitted_where(namespace=MODEL.c.namespace, model=MODEL.c.name, visibility=MODEL.c.visibility)
"""Whether the actor may, on the model of a query's row."""


def _namespace_seen(name: Column) -> Criterion:
    sees_a_model = exists().where(MODEL.c.namespace == name, MODEL.c.deleted_at.is_(None), MODEL_PERMITTED)
    return or_(permitted_where(namespace=name), sees_a_model)


NAMESPACE_SEEN: Final = _namespace_seen(NAMESPACE.c.name)
"""Whether the actor sees the namespace of a query's row: bound to `model.read` there, or it sees a model in it."""

NAMESPACE_THEN_SEEN: Final = _namespace_seen(NAMESPACE_STATE.c.name)
"""The same of a namespace as it was, if only one that is deleted; rights are those of now."""

_NAMED_MODEL: Final = select(MODEL.c.id).where(
    MODEL.c.name == bindparam("wanted"),
    permitted_where(namespace=MODEL.c.namespace, model=MODEL.c.name, visibility=MODEL.c.visibility, one=True),
)
_SEEN_NAMESPACE: Final = select(NAMESPACE.c.name).where(NAMESPACE.c.name == bindparam("wanted"), NAMESPACE_SEEN)
_SEEN_STATE: Final = (
    select(NAMESPACE_STATE.c.name).where(NAMESPACE_STATE.c.name == bindparam("wanted"), NAMESPACE_THEN_SEEN).limit(1)
)
_HELD: Final = (
    select(VERSION.c.id)
    .join(MODEL, MODEL.c.id == VERSION.c.model_id)
    .where(
        VERSION.c.manifest_digest == bindparam("wanted"),
        VERSION.c.deleted_at.is_(None),
        MODEL.c.deleted_at.is_(None),
        MODEL_PERMITTED,
    )
    .limit(1)
)


def permits_on_model(tx: Transaction, name: ModelName, values: Values) -> bool:
    """Say whether there is such a model, deleted or not, on which the actor may."""
    return tx.session.execute(_NAMED_MODEL, {**values, "wanted": str(name)}).first() is not None


def sees_namespace(tx: Transaction, name: str, values: Values) -> bool:
    """Say whether there is such a namespace and the actor sees it; the values are those of `model.read`."""
    return tx.session.execute(_SEEN_NAMESPACE, {**values, "wanted": name}).first() is not None


def sees_past_namespace(tx: Transaction, name: str, values: Values) -> bool:
    """Say whether there ever was such a namespace and the actor sees it now; the values are those of `model.read`."""
    return tx.session.execute(_SEEN_STATE, {**values, "wanted": name}).first() is not None


def holds_content(tx: Transaction, manifest: Digest, values: Values) -> bool:
    """Say whether a live version on which the actor may has this content."""
    return tx.session.execute(_HELD, {**values, "wanted": str(manifest)}).first() is not None


def content_permitted(manifest: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a live version on which the actor may has the content that a query's row names."""
    return exists().where(
        VERSION.c.manifest_digest == manifest,
        VERSION.c.deleted_at.is_(None),
        MODEL.c.id == VERSION.c.model_id,
        MODEL.c.deleted_at.is_(None),
        MODEL_PERMITTED,
    )
