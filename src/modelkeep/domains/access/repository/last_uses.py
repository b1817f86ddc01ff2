"""When principals, tokens and sessions were last used."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.tables import LAST_USE
from modelkeep.platform.database import Transaction


class LastUseRepository:
    """Last uses within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def save(self, uses: Mapping[str, datetime]) -> None:
        """Store when each id was last used, unless a later time is stored already.

        The rows are written in the order of their ids, so that several servers cannot block one another.
        """
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        add = dialect.insert(LAST_USE)
        save = add.on_conflict_do_update(
            index_elements=[LAST_USE.c.id], set_={"at": add.excluded.at}, where=LAST_USE.c.at < add.excluded.at
        )
        self._session.execute(save, [{"id": identity, "at": at} for identity, at in sorted(uses.items())])
