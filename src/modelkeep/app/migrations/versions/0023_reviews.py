"""Comments, reviews after the fact, delegations, and how far the job of lapsed votes has come."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "governance_comment",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("request_id", ordered_text(), nullable=False),
        sa.Column("thread", ordered_text(), nullable=False),
        sa.Column("author", ordered_text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("verdict", ordered_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_governance_comment"),
        sa.ForeignKeyConstraint(["request_id"], ["governance_request.id"], name="fk_governance_comment_request_id"),
    )
    op.create_index("ix_governance_comment_request_id_id", "governance_comment", ["request_id", "id"])
    op.create_index("ix_governance_comment_request_id_author_id", "governance_comment", ["request_id", "author", "id"])
    op.create_table(
        "governance_review",
        sa.Column("request_id", ordered_text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", ordered_text(), nullable=True),
        sa.Column("verdict", ordered_text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_governance_review"),
        sa.ForeignKeyConstraint(["request_id"], ["governance_request.id"], name="fk_governance_review_request_id"),
    )
    op.create_index("ix_governance_review_closed_at_due_at", "governance_review", ["closed_at", "due_at"])
    op.create_table(
        "governance_delegation",
        *(sa.Column(name, ordered_text(), nullable=False) for name in ("id", "delegator", "delegate", "scope")),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_governance_delegation"),
    )
    for who in ("delegate", "delegator"):
        op.create_index(f"ix_governance_delegation_{who}_id", "governance_delegation", [who, "id"])
    op.create_table(
        "governance_progress",
        sa.Column("reader", ordered_text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_governance_progress"),
    )
    op.create_index("ix_governance_vote_expires_at", "governance_vote", ["expires_at"])


def downgrade() -> None:
    """Refuse: who said and delegated what would be lost."""
    message = "0023 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
