"""An index of the waivers that nobody has ended, by when they expire."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_UNENDED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Apply it."""
    op.create_index(
        "ix_governance_waiver_unended",
        "governance_waiver",
        ["expires_at", "id"],
        sqlite_where=_UNENDED,
        postgresql_where=_UNENDED,
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0025 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
