"""What an audit entry is about by namespace and model, when it happened, and a body that may be pruned."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = (
    ("at",),
    ("request_id",),
    ("subject", "seq"),
    ("actor_id", "seq"),
    ("action", "seq"),
    ("namespace", "seq"),
    ("model", "seq"),
)
_KEPT = "seq, at, action, subject, actor_id, request_id, payload, leaf_hash"
_SQLITE_NAME = "CASE WHEN instr(subject, '/') > 0 THEN substr(subject, 1, instr(subject, '/') - 1) ELSE subject END"
_SQLITE_MODEL = (
    "CASE WHEN instr(subject, '/') = 0 THEN '' "
    "WHEN instr(subject, ':') > 0 THEN substr(subject, 1, instr(subject, ':') - 1) "
    "WHEN instr(subject, '@') > 0 THEN substr(subject, 1, instr(subject, '@') - 1) ELSE subject END"
)
_POSTGRESQL_MODEL = (
    "CASE WHEN strpos(subject, '/') = 0 THEN '' ELSE split_part(split_part(subject, ':', 1), '@', 1) END"
)


def upgrade() -> None:
    """Apply it."""
    if op.get_context().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    """Make the table anew: SQLite cannot allow NULL in a column that did not."""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_entry_no_{verb}")
    for columns in _INDEXES[:5]:
        op.drop_index(f"ix_audit_entry_{'_'.join(columns)}", "audit_entry")
    op.rename_table("audit_entry", "audit_entry_before")
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=True),
        *(
            sa.Column(name, ordered_text(), nullable=False)
            for name in ("action", "subject", "namespace", "model", "actor_id", "request_id")
        ),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
    )
    of_catalog = "action LIKE 'catalog.%'"
    op.execute(
        f"INSERT INTO audit_entry ({_KEPT}, namespace, model) SELECT {_KEPT}, "  # noqa: S608 - constants
        f"CASE WHEN {of_catalog} THEN {_SQLITE_NAME} ELSE '' END, "
        f"CASE WHEN {of_catalog} THEN {_SQLITE_MODEL} ELSE '' END FROM audit_entry_before"
    )
    op.drop_table("audit_entry_before")
    _indexes(_INDEXES)
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END"
        )


def _postgresql() -> None:
    op.add_column("audit_entry", sa.Column("happened_at", UtcDateTime(), nullable=True))
    for name in ("namespace", "model"):
        op.add_column("audit_entry", sa.Column(name, ordered_text(), nullable=False, server_default=""))
        op.alter_column("audit_entry", name, server_default=None)
    op.alter_column("audit_entry", "payload", nullable=True)
    op.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
    op.execute(
        f"UPDATE audit_entry SET namespace = split_part(subject, '/', 1), model = {_POSTGRESQL_MODEL} "  # noqa: S608 - constants
        "WHERE action LIKE 'catalog.%'"
    )
    op.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_append_only")
    _indexes(_INDEXES[5:])


def _indexes(chosen: tuple[tuple[str, ...], ...]) -> None:
    for columns in chosen:
        op.create_index(f"ix_audit_entry_{'_'.join(columns)}", "audit_entry", list(columns))


def downgrade() -> None:
    """Refuse: go back by restoring a backup."""
    message = "0003 cannot be undone; restore the backup that was made before it"
    raise RuntimeError(message)
