"""The names of stages within one transaction: what no alias may be called."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, func, insert, select

from modelkeep.domains.catalog.domain.versions import DRAFT
from modelkeep.domains.catalog.tables import ALIAS, MODEL, STAGE_NAME
from modelkeep.platform.database import Transaction

_GUARD: Final = DRAFT.lower()
_HELD: Final = select(STAGE_NAME.c.name).where(STAGE_NAME.c.name.in_(bindparam("names", expanding=True)))
_WATCHED: Final = _HELD.with_for_update(read=True)


class StageNameRepository:
    """Names of stages within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def is_stage(self, name: str) -> bool:
        """Say whether some policy has a stage of this name; it stays so until the transaction ends."""
        names = (_GUARD, name.lower())
        return name.lower() in self._session.scalars(_WATCHED, {"names": names}).all()

    def add(self, names: Collection[str]) -> tuple[str, ...]:
        """Register the names of stages, and return those aliases that are called so, which keeps them from being added.

        Policies with new stages are rare, so all aliases are looked at.
        """
        self._session.execute(_HELD.with_for_update(), {"names": (_GUARD,)})
        wanted = {name.lower() for name in names}
        new = sorted(wanted - set(self._session.scalars(_HELD, {"names": tuple(wanted)})))
        if not new:
            return ()
        taken = self._session.execute(
            select(MODEL.c.name, ALIAS.c.name.label("alias"))
            .join(MODEL, MODEL.c.id == ALIAS.c.model_id)
            .where(func.lower(ALIAS.c.name).in_(new), ALIAS.c.until.is_(None))
            .order_by(MODEL.c.name, ALIAS.c.name)
            .limit(10)
        ).all()
        if not taken:
            self._session.execute(insert(STAGE_NAME), [{"name": name} for name in new])
        return tuple(f"{row.name}@{row.alias}" for row in taken)
