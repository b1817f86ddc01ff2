"""How far each anchor has got."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modelkeep.domains.audit.tables import ANCHOR


@dataclass(frozen=True, slots=True)
class AnchorState:
    """The size of the last checkpoint that an anchor took; when it is asked again, and what was wrong the last time."""

    name: str
    size: int
    failures: int
    next_at: datetime
    last_error: str | None
    changed_at: datetime


class AnchorRepository:
    """The states of anchors within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def list(self) -> list[AnchorState]:
        """Return all of them, by name; there are few."""
        rows = self._session.execute(select(*ANCHOR.c).order_by(ANCHOR.c.name))
        return [AnchorState(*row) for row in rows]

    def find(self, name: str) -> AnchorState | None:
        """Return one of them."""
        row = self._session.execute(select(*ANCHOR.c).where(ANCHOR.c.name == name)).one_or_none()
        return None if row is None else AnchorState(*row)

    def set(self, state: AnchorState) -> None:
        """Store the state of one."""
        values = {column.name: getattr(state, column.name) for column in ANCHOR.c}
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        made = self._session.execute(
            dialect.insert(ANCHOR).values(values).on_conflict_do_nothing().returning(ANCHOR.c.name)
        )
        if made.one_or_none() is None:
            self._session.execute(update(ANCHOR).where(ANCHOR.c.name == state.name).values(values))
