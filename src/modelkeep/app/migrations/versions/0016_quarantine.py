"""When a version was put into quarantine, if it is in one."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("catalog_version", sa.Column("quarantined_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("catalog_version", "quarantined_at")
