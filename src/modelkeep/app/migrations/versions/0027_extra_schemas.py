"""What namespaces ask of `extra` in their cards."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "cards_extra_schema",
        sa.Column("namespace", ordered_text(), primary_key=True, nullable=False),
        sa.Column("revision", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("document", json_document(), nullable=True),
        sa.Column("digest", ordered_text(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("set_by", ordered_text(), nullable=False),
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0027 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
