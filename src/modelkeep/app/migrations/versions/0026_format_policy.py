"""Whether loading any file of inspected content could run code; unknown until it is inspected again."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import ordered_text

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "inspection_content", sa.Column("format_policy", ordered_text(), server_default="unknown", nullable=False)
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0026 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
