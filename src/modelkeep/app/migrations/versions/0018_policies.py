"""Policies, where they are assigned, and the names of stages that no alias may have."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_CURRENT = sa.text("until IS NULL")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "governance_policy",
        sa.Column("name", ordered_text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", ordered_text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("published_by", ordered_text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "number", name="pk_governance_policy"),
        sa.UniqueConstraint("name", "digest", name="uq_governance_policy_name_digest"),
    )
    op.create_table(
        "governance_assignment",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("scope", ordered_text(), nullable=False),
        sa.Column("namespace", ordered_text(), nullable=True),
        sa.Column("policy", ordered_text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("set_by", ordered_text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", ordered_text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_governance_assignment"),
        sa.ForeignKeyConstraint(
            ["policy", "number"],
            ["governance_policy.name", "governance_policy.number"],
            name="fk_governance_assignment_policy_number",
        ),
    )
    op.create_index(
        "uq_governance_assignment_current",
        "governance_assignment",
        ["scope"],
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
    op.create_index("ix_governance_assignment_scope_since", "governance_assignment", ["scope", "since"])
    op.create_index("ix_governance_assignment_policy_number_id", "governance_assignment", ["policy", "number", "id"])
    names = op.create_table(
        "catalog_stage_name", sa.Column("name", ordered_text(), nullable=False), sa.PrimaryKeyConstraint("name")
    )
    lifecycle = ("draft", "staging", "production", "deprecated", "archived")
    op.bulk_insert(names, [{"name": name} for name in lifecycle])


def downgrade() -> None:
    """Drop it."""
    for table in ("catalog_stage_name", "governance_assignment", "governance_policy"):
        op.drop_table(table)
