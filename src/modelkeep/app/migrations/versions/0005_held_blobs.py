"""An upload holds the blobs whose bytes came with it, or that its owner could download."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it; uploads that were open before are asked for their blobs again."""
    op.add_column("artifact_upload_blob", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Refuse: the program before it skips blobs by their digest alone."""
    message = "0005 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
