"""What of the catalog an actor may, as conditions and single checks: each statement is built once."""

from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE, VERSION
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

MODEL_PERMITTED: Final = permitted_where(namespace=MODEL.c.namespace, model=MODEL.c.name, visibility=MODEL.c.visibility)
"""Whether the actor may, on the model of a query's row."""

_NAMESPACE_PERMITTED: Final = permitted_where(namespace=NAMESPACE.c.name)

NAMESPACE_SEEN: Final = or_(
    _NAMESPACE_PERMITTED,
    exists().where(MODEL.c.namespace == NAMESPACE.c.name, MODEL.c.deleted_at.is_(None), MODEL_PERMITTED),
)
"""Whether the actor sees the namespace of a query's row: bound to `model.read` there, or it sees a model in it."""

_NAMED_MODEL: Final = select(MODEL.c.id).where(MODEL.c.name == bindparam("wanted"), MODEL_PERMITTED)
_SEEN_NAMESPACE: Final = select(NAMESPACE.c.name).where(NAMESPACE.c.name == bindparam("wanted"), NAMESPACE_SEEN)
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
