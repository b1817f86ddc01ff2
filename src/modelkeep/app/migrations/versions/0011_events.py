"""Subscriptions to events, their secrets, how far they have come, and what was delivered."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, ordered_text(), nullable=null) for name in names]


def _time(*names: str, null: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, UtcDateTime(), nullable=null) for name in names]


def _of_subscription(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_subscription_id"
    return sa.ForeignKeyConstraint(["subscription_id"], ["events_subscription.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "events_subscription",
        sa.Column("id", ordered_text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        *_text("kind"),
        sa.Column("shown_target", sa.Text(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("types", json_document(), nullable=False),
        *_text("namespace", "model"),
        sa.Column("template", sa.Text(), nullable=False),
        *_text("owner", "owner_kind", "created_by"),
        *_time("created_at", "changed_at"),
        *_time("disabled_at", null=True),
        *_text("disabled_reason", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "events_secret",
        sa.Column("id", ordered_text(), primary_key=True),
        *_text("subscription_id"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        *_time("created_at"),
        *_time("expires_at", null=True),
        _of_subscription("events_secret"),
    )
    op.create_index("ix_events_secret_subscription_id", "events_secret", ["subscription_id"])
    _progress()
    _deliveries()


def _progress() -> None:
    op.create_table(
        "events_progress",
        sa.Column("subscription_id", ordered_text(), primary_key=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *_time("blocked_since", "failing_since", null=True),
        _of_subscription("events_progress"),
    )
    op.create_index("ix_events_progress_cursor", "events_progress", ["cursor"])


def _deliveries() -> None:
    op.create_table(
        "events_delivery",
        sa.Column("id", ordered_text(), primary_key=True),
        *_text("subscription_id"),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        *_text("type", "purpose"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        *_text("outcome"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        *_time("at"),
        _of_subscription("events_delivery"),
    )
    op.create_index("ix_events_delivery_subscription_id_id", "events_delivery", ["subscription_id", "id"])
    op.create_index("ix_events_delivery_at", "events_delivery", ["at"])


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0011 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
