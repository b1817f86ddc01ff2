"""Principals with owners, groups, roles, bindings as intervals, and what a token may be used for."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, ordered_text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, ordered_text(), primary_key=key, nullable=null)


def _prose(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, key: bool = False, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), primary_key=key, nullable=null)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")


def _unique_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    """Apply it."""
    _principals()
    _groups()
    _roles()
    _bindings()
    _tokens()
    _grants_become_bindings()
    op.execute(
        "UPDATE artifact_upload SET scope = (SELECT name FROM catalog_model WHERE catalog_model.id = scope) "
        "WHERE scope IN (SELECT id FROM catalog_model)"
    )


def _principals() -> None:
    op.add_column("access_principal", sa.Column("disabled_at", UtcDateTime(), nullable=True))
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE access_principal ADD COLUMN owner_id TEXT "
            "CONSTRAINT fk_access_principal_owner_id REFERENCES access_principal (id)"
        )
    else:
        op.add_column("access_principal", _text("owner_id", null=True))
        op.create_foreign_key(
            "fk_access_principal_owner_id", "access_principal", "access_principal", ["owner_id"], ["id"]
        )
        op.alter_column("access_principal", "name", type_=ordered_text())
    op.create_index("ix_access_principal_owner_id", "access_principal", ["owner_id"])
    op.create_index("ix_access_principal_name", "access_principal", ["name"])


def _groups() -> None:
    op.create_table(
        "access_group",
        _text("id", key=True),
        _text("name"),
        _time("created_at"),
        _text("created_by"),
        _time("deleted_at", null=True),
    )
    _unique_where("uq_access_group_name", "access_group", ["name"], "deleted_at IS NULL")
    op.create_table(
        "access_group_member",
        _text("group_id", key=True),
        _text("principal_id", key=True),
        _time("since", key=True),
        _text("added_by"),
        _time("until", null=True),
        _text("ended_by", null=True),
        _reference("access_group_member", "group_id", "access_group.id"),
        _reference("access_group_member", "principal_id", "access_principal.id"),
    )
    _unique_where(
        "uq_access_group_member_current", "access_group_member", ["principal_id", "group_id"], "until IS NULL"
    )


def _roles() -> None:
    op.create_table(
        "access_role",
        _text("name", key=True),
        _prose("description"),
        _time("created_at"),
        _text("created_by"),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "access_role_permission",
        _text("role", key=True),
        _text("permission", key=True),
        _reference("access_role_permission", "role", "access_role.name"),
    )
    op.create_index("ix_access_role_permission_permission_role", "access_role_permission", ["permission", "role"])


def _bindings() -> None:
    op.create_table(
        "access_binding",
        _text("id", key=True),
        _text("subject_type"),
        _text("subject_id"),
        _text("role"),
        _text("scope"),
        _text("namespace", null=True),
        _text("stage"),
        _prose("reason"),
        _time("expires_at", null=True),
        _time("since"),
        _text("granted_by"),
        _time("until", null=True),
        _text("ended_by", null=True),
    )
    _unique_where(
        "uq_access_binding_current", "access_binding", ["subject_id", "role", "scope", "stage"], "until IS NULL"
    )
    for column in ("scope", "namespace", "role", "subject_id"):
        op.create_index(f"ix_access_binding_{column}_id", "access_binding", [column, "id"])


def _tokens() -> None:
    op.create_table(
        "access_token_permission",
        _text("token_id", key=True),
        _text("permission", key=True),
        _reference("access_token_permission", "token_id", "access_token.id"),
    )
    op.create_table(
        "access_token_scope",
        _text("token_id", key=True),
        _text("scope", key=True),
        _reference("access_token_scope", "token_id", "access_token.id"),
    )
    op.create_table("access_last_use", _text("id", key=True), _time("at"))
    op.execute("INSERT INTO access_token_permission (token_id, permission) SELECT id, '*' FROM access_token")
    op.execute("INSERT INTO access_token_scope (token_id, scope) SELECT id, '*' FROM access_token")


def _grants_become_bindings() -> None:
    op.execute(
        "INSERT INTO access_binding (id, subject_type, subject_id, role, scope, namespace, stage, reason, since, "
        "granted_by) SELECT access_role_grant.principal_id || ':' || role, kind, principal_id, role, '*', NULL, '', "
        "'', created_at, 'system' FROM access_role_grant JOIN access_principal ON access_principal.id = principal_id"
    )
    op.drop_table("access_role_grant")


def downgrade() -> None:
    """Refuse: bindings say more than what was there before."""
    message = "0004 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
