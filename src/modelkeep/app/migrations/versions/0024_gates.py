"""Evaluations of gates with their evidence, waivers, and checks by other systems."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "governance_evidence",
        sa.Column("digest", ordered_text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_governance_evidence"),
    )
    _evaluations()
    op.create_table(
        "governance_waiver",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("gate_id", ordered_text(), nullable=False),
        sa.Column("model_id", ordered_text(), nullable=False),
        sa.Column("version_id", ordered_text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", ordered_text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_governance_waiver"),
        sa.ForeignKeyConstraint(["model_id"], ["catalog_model.id"], name="fk_governance_waiver_model_id"),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_governance_waiver_version_id"),
    )
    op.create_index("ix_governance_waiver_model_id_id", "governance_waiver", ["model_id", "id"])
    op.create_table(
        "governance_external_check",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("gate_id", ordered_text(), nullable=False),
        sa.Column("version_id", ordered_text(), nullable=False),
        sa.Column("reference", ordered_text(), nullable=False),
        sa.Column("token_hash", ordered_text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", ordered_text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("posted_at", UtcDateTime(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_governance_external_check"),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_governance_external_check_version_id"),
    )
    op.create_index(
        "ix_governance_external_check_version_id_gate_id_id",
        "governance_external_check",
        ["version_id", "gate_id", "id"],
    )


def _evaluations() -> None:
    texts = ("id", "gate_id", "version_id", "digest", "source", "target", "kind", "severity", "status", "found")
    op.create_table(
        "governance_evaluation",
        *(sa.Column(name, ordered_text(), nullable=False) for name in (*texts, "asked", "seen")),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("request_id", ordered_text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("evidence", json_document(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("waiver_id", ordered_text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "gate_id", name="pk_governance_evaluation"),
        sa.ForeignKeyConstraint(["version_id"], ["catalog_version.id"], name="fk_governance_evaluation_version_id"),
        sa.ForeignKeyConstraint(["asked"], ["governance_evidence.digest"], name="fk_governance_evaluation_asked"),
        sa.ForeignKeyConstraint(["seen"], ["governance_evidence.digest"], name="fk_governance_evaluation_seen"),
    )
    op.create_index("ix_governance_evaluation_version_id_id", "governance_evaluation", ["version_id", "id"])


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0024 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
