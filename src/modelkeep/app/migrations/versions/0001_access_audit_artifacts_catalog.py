"""The first schema: access, audit, artifacts and catalog."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, ordered_text(), primary_key=key, nullable=null)


def _prose(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _time(name: str, *, key: bool = False, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), primary_key=key, nullable=null)


def _integer(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=key, nullable=null, autoincrement=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _sequence() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("seq", kind, primary_key=True, autoincrement=False)


def _json(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, json_document(), nullable=null)


def _reference(column: str, target: str, *, name: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=ondelete)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    """Apply it."""
    _access()
    _audit()
    _audit_is_append_only()
    _artifacts()
    _namespaces_and_models()
    _versions()
    _fields()
    _intervals()


def _access() -> None:
    op.create_table("access_pepper", _integer("id", key=True), _prose("fingerprint"))
    op.create_table("access_principal", _text("id", key=True), _text("kind"), _prose("name"), _time("created_at"))
    op.create_table(
        "access_role_grant",
        _text("principal_id", key=True),
        _text("role", key=True),
        _reference("principal_id", "access_principal.id", name="fk_access_role_grant_principal_id"),
    )
    op.create_table(
        "access_token",
        _text("id", key=True),
        _text("principal_id"),
        _bytes("secret_hash"),
        _prose("last_four"),
        _time("created_at"),
        _time("expires_at"),
        _time("revoked_at", null=True),
        _reference("principal_id", "access_principal.id", name="fk_access_token_principal_id"),
        sa.UniqueConstraint("secret_hash", name="uq_access_token_secret_hash"),
    )
    _index("access_token", "principal_id")


def _audit() -> None:
    op.create_table(
        "audit_head",
        _integer("id", key=True),
        _big("size"),
        _time("last_at"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_single_row"),
    )
    op.execute("INSERT INTO audit_head (id, size, last_at) VALUES (1, 0, '1970-01-01T00:00:00.000000Z')")
    op.create_table(
        "audit_entry",
        _sequence(),
        _time("at"),
        _text("action"),
        _text("subject"),
        _text("actor_id"),
        _text("request_id"),
        _bytes("payload"),
        _bytes("leaf_hash"),
    )
    for columns in (("at",), ("request_id",), ("subject", "seq"), ("actor_id", "seq"), ("action", "seq")):
        _index("audit_entry", *columns)
    op.create_table("audit_text", _sequence(), _text("field", key=True), _bytes("salt"), _prose("value"))
    op.create_table(
        "audit_idempotent_request",
        _text("principal_id", key=True),
        _text("key", key=True),
        _text("fingerprint"),
        _time("claimed_at"),
        _integer("status", null=True),
        _json("headers", null=True),
        _bytes("body", null=True),
    )
    _index("audit_idempotent_request", "claimed_at")


def _audit_is_append_only() -> None:
    """Refuse to change or delete an entry: hygiene against mistakes, while proofs are against malice."""
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit entries are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
    )


def _artifacts() -> None:
    op.create_table("artifact_blob", _text("digest", key=True), _big("size"), _time("created_at"))
    op.create_table(
        "artifact_manifest",
        _text("digest", key=True),
        _bytes("document"),
        _integer("file_count"),
        _big("total_size"),
        _time("created_at"),
    )
    op.create_table(
        "artifact_manifest_blob",
        _text("manifest_digest", key=True),
        _text("blob_digest", key=True),
        _reference("manifest_digest", "artifact_manifest.digest", name="fk_artifact_manifest_blob_manifest_digest"),
        _reference("blob_digest", "artifact_blob.digest", name="fk_artifact_manifest_blob_blob_digest"),
    )
    _index("artifact_manifest_blob", "blob_digest")
    op.create_table(
        "artifact_upload",
        _text("id", key=True),
        _text("scope"),
        _text("manifest_digest"),
        _bytes("document"),
        _text("created_by"),
        _time("created_at"),
        _time("expires_at"),
    )
    _index("artifact_upload", "expires_at")
    _index("artifact_upload", "scope", "created_by", "manifest_digest")
    op.create_table(
        "artifact_upload_blob",
        _text("upload_id", key=True),
        _text("digest", key=True),
        _big("size"),
        _reference("upload_id", "artifact_upload.id", name="fk_artifact_upload_blob_upload_id", ondelete="CASCADE"),
    )


def _namespaces_and_models() -> None:
    op.create_table(
        "catalog_namespace",
        _text("name", key=True),
        _text("description"),
        _time("created_at"),
        _text("created_by"),
        _integer("revision"),
    )
    op.create_table(
        "catalog_model",
        _text("id", key=True),
        _text("name"),
        _text("namespace"),
        _text("description"),
        _text("task"),
        _text("visibility"),
        _json("owners"),
        _json("tags"),
        _integer("last_number"),
        _time("created_at"),
        _text("created_by"),
        _time("changed_at"),
        _text("changed_by"),
        _time("deleted_at", null=True),
        _integer("revision"),
        _reference("namespace", "catalog_namespace.name", name="fk_catalog_model_namespace"),
        sa.UniqueConstraint("name", name="uq_catalog_model_name"),
    )
    _index("catalog_model", "namespace", "name")
    _index("catalog_model", "changed_at", "id")


def _versions() -> None:
    op.create_table(
        "catalog_version",
        _text("id", key=True),
        _text("model_id"),
        _integer("number"),
        _text("version"),
        _text("precedence"),
        sa.Column("prerelease", sa.Boolean(), nullable=False),
        _text("stage"),
        _text("manifest_digest"),
        _integer("file_count"),
        _big("total_size"),
        _json("record"),
        _time("created_at"),
        _text("created_by"),
        _time("changed_at"),
        _text("changed_by"),
        _time("deleted_at", null=True),
        _integer("revision"),
        _reference("model_id", "catalog_model.id", name="fk_catalog_version_model_id"),
        sa.UniqueConstraint("model_id", "number", name="uq_catalog_version_model_id_number"),
        sa.UniqueConstraint("model_id", "version", name="uq_catalog_version_model_id_version"),
    )
    _index("catalog_version", "model_id", "precedence", "id")
    _index("catalog_version", "model_id", "id")
    for column in (
        "precedence",
        "number",
        "changed_at",
        "created_at",
        "total_size",
        "manifest_digest",
        "stage",
        "created_by",
    ):
        _index("catalog_version", column, "id")


def _fields() -> None:
    op.create_table(
        "catalog_field",
        _text("subject_id", key=True),
        _text("field", key=True),
        _text("key", key=True),
        _integer("ordinal", key=True),
        _text("text", null=True),
        sa.Column("number", sa.Double(), nullable=True),
    )
    op.create_index("ix_catalog_field_text", "catalog_field", ["field", "key", "text", "subject_id"])
    op.create_index("ix_catalog_field_number", "catalog_field", ["field", "key", "number", "subject_id"])


def _intervals() -> None:
    op.create_table(
        "catalog_alias",
        _text("model_id", key=True),
        _text("name", key=True),
        _time("since", key=True),
        _text("version_id"),
        _integer("revision"),
        _text("set_by"),
        _time("until", null=True),
        _text("ended_by", null=True),
        _reference("model_id", "catalog_model.id", name="fk_catalog_alias_model_id"),
        _reference("version_id", "catalog_version.id", name="fk_catalog_alias_version_id"),
    )
    current = sa.text("until IS NULL")
    op.create_index(
        "uq_catalog_alias_current",
        "catalog_alias",
        ["model_id", "name"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    op.create_index("ix_catalog_alias_version", "catalog_alias", ["version_id", "until"])
    _index("catalog_alias", "name", "version_id")
    op.create_table(
        "catalog_stage",
        _text("version_id", key=True),
        _time("since", key=True),
        _text("model_id"),
        _text("stage"),
        _text("set_by"),
        _time("until", null=True),
        _text("ended_by", null=True),
        _reference("version_id", "catalog_version.id", name="fk_catalog_stage_version_id"),
        _reference("model_id", "catalog_model.id", name="fk_catalog_stage_model_id"),
    )
    _index("catalog_stage", "model_id", "stage", "until")


def downgrade() -> None:
    """Refuse: there is no schema before the first one."""
    message = "0001 is the first schema; drop the database instead"
    raise RuntimeError(message)
