"""Renewals of promotions, and by which promotion a version holds its stage."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("governance_request", sa.Column("renews", ordered_text(), nullable=True))
    op.create_index("ix_governance_request_renews", "governance_request", ["renews"])
    op.create_table(
        "governance_holding",
        *(sa.Column(name, ordered_text(), nullable=False) for name in _TEXTS),
        sa.Column("lapsed_at", UtcDateTime(), nullable=True),
        sa.Column("review_at", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", name="pk_governance_holding"),
        sa.ForeignKeyConstraint(["request_id"], ["governance_request.id"], name="fk_governance_holding_request_id"),
    )
    op.create_index("ix_governance_holding_model_version_id", "governance_holding", ["model", "version_id"])
    op.create_index("ix_governance_holding_namespace_version_id", "governance_holding", ["namespace", "version_id"])
    op.create_index("ix_governance_holding_lapsed_at", "governance_holding", ["lapsed_at"])
    op.create_index("ix_governance_holding_request_id", "governance_holding", ["request_id"])
    op.create_index("ix_governance_holding_review_at", "governance_holding", ["review_at"])


_TEXTS = ("version_id", "namespace", "model", "stage", "request_id")


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0028 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
