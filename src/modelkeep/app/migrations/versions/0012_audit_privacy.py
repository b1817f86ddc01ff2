"""Legal holds on the audit log, and the one way in which the body of an entry may go."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EMPTIED = ("action", "subject", "namespace", "model", "actor_id", "request_id")
_PRUNED = " AND ".join(
    (
        "NEW.payload IS NULL",
        "NEW.happened_at IS NULL",
        *(f"NEW.{name} = ''" for name in _EMPTIED),
        "NEW.seq = OLD.seq",
        "NEW.at = OLD.at",
        "NEW.leaf_hash = OLD.leaf_hash",
        "OLD.seq < (SELECT before_seq FROM audit_pruning WHERE id = 1)",
    )
)
_REFUSAL = "audit entries are never changed"


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "audit_pruning",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("before_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_audit_pruning_single_row"),
    )
    op.execute("INSERT INTO audit_pruning (id, before_seq) VALUES (1, 0)")
    op.create_table(
        "audit_hold",
        sa.Column("id", ordered_text(), primary_key=True),
        sa.Column("scope", ordered_text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("placed_by", ordered_text(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_by", ordered_text(), nullable=True),
    )
    op.create_index("ix_audit_hold_placed_at_id", "audit_hold", ["placed_at", "id"])
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_update")
        op.execute(
            f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry WHEN NOT ({_PRUNED}) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
    )
    op.execute(
        "CREATE FUNCTION audit_entry_prune() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_PRUNED} THEN RETURN NEW; END IF; RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_only_pruned BEFORE UPDATE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_prune()"
    )


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0012 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
