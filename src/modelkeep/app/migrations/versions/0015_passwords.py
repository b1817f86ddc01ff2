"""The password of the local administrator, as argon2id leaves it."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "access_password",
        sa.Column("principal_id", ordered_text(), primary_key=True, nullable=False),
        sa.Column("encoded", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["principal_id"], ["access_principal.id"], name="fk_access_password_principal_id"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("access_password")
