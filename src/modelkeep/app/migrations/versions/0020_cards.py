"""Model cards, revision by revision, and what is attached to them."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "cards_revision",
        sa.Column("version_id", ordered_text(), primary_key=True, nullable=False),
        sa.Column("revision", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("document", json_document(), nullable=False),
        sa.Column("digest", ordered_text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("set_by", ordered_text(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_cards_revision_version_id"),
    )
    op.create_table(
        "cards_attachment",
        sa.Column("version_id", ordered_text(), primary_key=True, nullable=False),
        sa.Column("name", ordered_text(), primary_key=True, nullable=False),
        sa.Column("since", UtcDateTime(), primary_key=True, nullable=False),
        sa.Column("media_type", ordered_text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", ordered_text(), nullable=False),
        sa.Column("manifest_digest", ordered_text(), nullable=False),
        sa.Column("alt", ordered_text(), nullable=False),
        sa.Column("set_by", ordered_text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_cards_attachment_version_id"),
        sa.ForeignKeyConstraint(
            ["manifest_digest"], ["artifact_manifest.digest"], name="fk_cards_attachment_manifest_digest"
        ),
    )
    op.create_index("ix_cards_attachment_manifest_digest", "cards_attachment", ["manifest_digest"])
    op.create_index(
        "uq_cards_attachment_current",
        "cards_attachment",
        ["version_id", "name"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0020 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
