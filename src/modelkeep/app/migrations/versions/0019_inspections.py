"""Inspections of content, its tensors, and how far the log was read for new content."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it: versions that are there already are inspected in their turn."""
    op.create_table(
        "inspection_content",
        sa.Column("manifest_digest", ordered_text(), primary_key=True, nullable=False),
        sa.Column("format", ordered_text(), nullable=False),
        sa.Column("facts", json_document(), nullable=False),
        sa.Column("files", json_document(), nullable=False),
        sa.Column("tensor_count", sa.Integer(), nullable=False),
        sa.Column("verdict", ordered_text(), nullable=False),
        sa.Column("findings", json_document(), nullable=False),
        sa.Column("tools", json_document(), nullable=False),
        sa.Column("sandbox", ordered_text(), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_table(
        "inspection_tensors",
        sa.Column("manifest_digest", ordered_text(), primary_key=True, nullable=False),
        sa.Column("files", json_document(), nullable=False),
    )
    op.create_table(
        "inspection_tensor_digests",
        sa.Column("manifest_digest", ordered_text(), primary_key=True, nullable=False),
        sa.Column("digests", json_document(), nullable=False),
    )
    op.create_table(
        "inspection_progress",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_inspection_progress_single_row"),
    )
    op.execute("INSERT INTO inspection_progress (id, cursor) VALUES (1, -1)")


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0019 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
