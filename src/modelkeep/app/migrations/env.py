"""Alembic's environment: it works on the connection it is given, inside the transaction that is open."""

from alembic import context
from sqlalchemy import Connection

import modelkeep.domains.access.tables
import modelkeep.domains.access.tables.logins
import modelkeep.domains.access.tables.passwords
import modelkeep.domains.access.tables.sessions
import modelkeep.domains.artifacts.tables
import modelkeep.domains.audit.tables
import modelkeep.domains.cards.tables
import modelkeep.domains.catalog.tables
import modelkeep.domains.events.tables
import modelkeep.domains.governance.tables.comments
import modelkeep.domains.governance.tables.delegations
import modelkeep.domains.governance.tables.gates
import modelkeep.domains.governance.tables.holdings
import modelkeep.domains.governance.tables.policies
import modelkeep.domains.governance.tables.progress
import modelkeep.domains.governance.tables.promotion
import modelkeep.domains.governance.tables.reviews
import modelkeep.domains.governance.tables.signatures
import modelkeep.domains.governance.tables.withdrawn
import modelkeep.domains.inspection.tables
import modelkeep.platform.jobs.tables
import modelkeep.platform.throttling.tables  # noqa: F401 - each table module registers its tables
from modelkeep.platform.database import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, render_as_batch=False)
    context.run_migrations()


_run(context.config.attributes["connection"])
