"""Which names pickles may use, as the audit log was told last."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import ordered_text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "inspection_ruleset",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ruleset", ordered_text(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_inspection_ruleset_single_row"),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_ruleset"),
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0029 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
