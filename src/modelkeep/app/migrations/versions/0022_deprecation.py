"""That a version should no longer be used: since when, until when, and what succeeds it."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import json_document

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("catalog_version", sa.Column("deprecation", json_document(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("catalog_version", "deprecation")
