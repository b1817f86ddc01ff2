"""The access log: who read what content."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "audit_access_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_audit_access_head_single_row"),
    )
    op.execute("INSERT INTO audit_access_head (id, size, last_at) VALUES (1, 0, '1970-01-01T00:00:00.000000Z')")
    op.create_table(
        "audit_access_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        *(
            sa.Column(name, ordered_text(), nullable=False)
            for name in ("action", "subject", "namespace", "model", "actor_id", "request_id")
        ),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
    )
    for columns in (("at",), ("request_id",), ("namespace", "seq"), ("model", "seq"), ("actor_id", "seq")):
        op.create_index(f"ix_audit_access_entry_{'_'.join(columns)}", "audit_access_entry", list(columns))


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0014 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
