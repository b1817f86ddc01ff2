"""Signatures of versions, and the keys that are trusted to make them."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "governance_signing_key",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("scope", ordered_text(), nullable=False),
        sa.Column("name", ordered_text(), nullable=False),
        sa.Column("kind", ordered_text(), nullable=False),
        sa.Column("pem", ordered_text(), nullable=False),
        sa.Column("fingerprint", ordered_text(), nullable=False),
        sa.Column("identity", ordered_text(), nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("trusted_by", ordered_text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_governance_signing_key"),
    )
    op.create_index("ix_governance_signing_key_scope_id", "governance_signing_key", ["scope", "id"])
    op.create_table(
        "governance_signature",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("version_id", ordered_text(), nullable=False),
        sa.Column("digest", ordered_text(), nullable=False),
        sa.Column("predicate_type", ordered_text(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("added_by", ordered_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_governance_signature"),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_governance_signature_version_id"),
        sa.UniqueConstraint("version_id", "digest", name="uq_governance_signature_version_id_digest"),
    )
    op.create_index("ix_governance_signature_version_id_id", "governance_signature", ["version_id", "id"])


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0017 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
