"""Requests for promotion, the votes on them, who is asked for one, and data that has been withdrawn."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OPEN = sa.text("status = 'open'")
_COUNTING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Apply it."""
    _requests()
    _votes()
    op.create_table(
        "governance_waiting",
        sa.Column("request_id", ordered_text(), nullable=False),
        sa.Column("step", ordered_text(), nullable=False),
        sa.Column("role", ordered_text(), nullable=False),
        sa.Column("escalates_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", "step", "role", name="pk_governance_waiting"),
        sa.ForeignKeyConstraint(["request_id"], ["governance_request.id"], name="fk_governance_waiting_request_id"),
    )
    op.create_index("ix_governance_waiting_role_request_id", "governance_waiting", ["role", "request_id"])
    op.create_index("ix_governance_waiting_escalates_at", "governance_waiting", ["escalates_at"])
    op.create_table(
        "governance_withdrawn_data",
        sa.Column("reference", ordered_text(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", ordered_text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_governance_withdrawn_data"),
    )


def _requests() -> None:
    texts = ("version_id", "namespace", "model", "version", "source", "target")
    op.create_table(
        "governance_request",
        sa.Column("id", ordered_text(), nullable=False),
        *(sa.Column(name, ordered_text(), nullable=False) for name in texts[:4]),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, ordered_text(), nullable=False) for name in texts[4:]),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", ordered_text(), nullable=False),
        sa.Column("requested_by", ordered_text(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("policy", ordered_text(), nullable=False),
        sa.Column("policy_number", sa.Integer(), nullable=False),
        sa.Column("status", ordered_text(), nullable=False),
        sa.Column("manner", ordered_text(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", ordered_text(), nullable=True),
        sa.Column("reverts_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_governance_request"),
    )
    op.create_index(
        "uq_governance_request_open",
        "governance_request",
        ["version_id", "target"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    for columns in (
        ["model", "id"],
        ["requested_by", "id"],
        ["status", "expires_at"],
        ["reverts_at"],
        ["version_id", "target", "closed_at"],
    ):
        op.create_index(f"ix_governance_request_{'_'.join(columns)}", "governance_request", columns)


def _votes() -> None:
    op.create_table(
        "governance_vote",
        sa.Column("id", ordered_text(), nullable=False),
        sa.Column("request_id", ordered_text(), nullable=False),
        sa.Column("step", ordered_text(), nullable=False),
        sa.Column("voter", ordered_text(), nullable=False),
        sa.Column("delegator", ordered_text(), nullable=True),
        sa.Column("decision", ordered_text(), nullable=False),
        sa.Column("cast_at", UtcDateTime(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("terms", json_document(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("binding", json_document(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("lapse", ordered_text(), nullable=True),
        sa.Column("differences", json_document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_governance_vote"),
        sa.ForeignKeyConstraint(["request_id"], ["governance_request.id"], name="fk_governance_vote_request_id"),
    )
    op.create_index(
        "uq_governance_vote_counting",
        "governance_vote",
        ["request_id", "voter"],
        unique=True,
        sqlite_where=_COUNTING,
        postgresql_where=_COUNTING,
    )
    op.create_index("ix_governance_vote_request_id_cast_at", "governance_vote", ["request_id", "cast_at"])
    op.create_index("ix_governance_vote_voter_lapse_id", "governance_vote", ["voter", "lapse", "id"])


def downgrade() -> None:
    """Refuse: who approved what would be lost."""
    message = "0021 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
