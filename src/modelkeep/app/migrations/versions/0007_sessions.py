"""Sessions of browsers."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "access_session",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("principal_id", ordered_text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("authenticated_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("issuer", ordered_text(), nullable=False),
        sa.Column("external_id", ordered_text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["principal_id"], ["access_principal.id"], name="fk_access_session_principal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_access_session"),
        sa.UniqueConstraint("secret_hash", name="uq_access_session_secret_hash"),
    )
    op.create_index("ix_access_session_issuer_external_id", "access_session", ["issuer", "external_id"])
    op.create_index("ix_access_session_principal_id_id", "access_session", ["principal_id", "id"])


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0007 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
