"""Background work: jobs, and what went wrong with them."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "job",
        sa.Column("id", ordered_text(), primary_key=True),
        sa.Column("kind", ordered_text(), nullable=False),
        sa.Column("key", ordered_text(), nullable=False),
        sa.Column("state", json_document(), nullable=False),
        sa.Column("status", ordered_text(), nullable=False),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("owner", ordered_text(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("key", name="uq_job_key"),
    )
    op.create_index("ix_job_status_run_at", "job", ["status", "run_at"])
    op.create_index("ix_job_status_id", "job", ["status", "id"])
    op.create_table(
        "job_event",
        sa.Column("id", ordered_text(), primary_key=True),
        sa.Column("job_id", ordered_text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", ordered_text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_event_job_id", ondelete="CASCADE"),
    )
    op.create_index("ix_job_event_job_id_id", "job_event", ["job_id", "id"])
    op.create_index("ix_job_event_at", "job_event", ["at"])


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0002 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
