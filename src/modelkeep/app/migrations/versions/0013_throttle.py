"""Windows that several processes count requests in."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "throttle_window",
        sa.Column("key", ordered_text(), primary_key=True, nullable=False),
        sa.Column("hits", json_document(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_throttle_window_ends_at", "throttle_window", ["ends_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("throttle_window")
