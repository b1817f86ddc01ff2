"""Login providers and identities, logins under way, publishers, and tokens that count once."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import UtcDateTime, json_document, ordered_text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, ordered_text(), primary_key=key, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=null)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, json_document(), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _principal(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_principal_id"
    return sa.ForeignKeyConstraint(["principal_id"], ["access_principal.id"], name=name)


def upgrade() -> None:
    """Apply it."""
    _providers()
    _logins()
    _publishers()


def _providers() -> None:
    op.create_table(
        "access_login_provider",
        _text("name", key=True),
        _text("title"),
        _text("issuer"),
        _text("client_id"),
        _json("algorithms"),
        _json("scopes"),
        _text("groups_claim"),
        _json("groups"),
        _flag("link_by_email"),
        _time("created_at"),
        _text("created_by"),
        _time("changed_at"),
        _text("changed_by"),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "access_identity",
        _text("issuer", key=True),
        _text("subject", key=True),
        _text("principal_id"),
        _text("email_digest", null=True),
        _time("since"),
        _principal("access_identity"),
    )
    op.create_index("ix_access_identity_principal_id", "access_identity", ["principal_id"])
    op.create_index("ix_access_identity_email_digest", "access_identity", ["email_digest"])


def _logins() -> None:
    op.create_table(
        "access_login_attempt",
        _text("state_digest", key=True),
        _text("browser_digest"),
        _text("provider"),
        _text("return_to"),
        _time("expires_at"),
    )
    op.create_table("access_used_token", _text("digest", key=True), _time("forget_at"))
    op.create_table(
        "access_device_login",
        _text("device_digest", key=True),
        _text("user_code"),
        _text("label"),
        sa.Column("interval", sa.Integer(), nullable=False),
        _time("polled_at", null=True),
        _text("principal_id", null=True),
        _flag("denied"),
        _time("expires_at"),
        _principal("access_device_login"),
        sa.UniqueConstraint("user_code", name="uq_access_device_login_user_code"),
    )
    op.create_table(
        "access_login_code",
        _text("code_digest", key=True),
        _text("challenge"),
        _text("label"),
        _text("principal_id"),
        _time("expires_at"),
        _principal("access_login_code"),
    )
    for table, column in (
        ("access_login_attempt", "expires_at"),
        ("access_used_token", "forget_at"),
        ("access_device_login", "expires_at"),
        ("access_login_code", "expires_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _publishers() -> None:
    op.create_table(
        "access_publisher",
        _text("name", key=True),
        _text("id"),
        _text("kind"),
        _text("issuer"),
        _json("conditions"),
        _text("role"),
        _json("scopes"),
        _text("principal_id"),
        _time("created_at"),
        _text("created_by"),
        _principal("access_publisher"),
        sa.UniqueConstraint("id", name="uq_access_publisher_id"),
    )
    op.create_index("ix_access_publisher_principal_id", "access_publisher", ["principal_id"])
    op.create_index("ix_access_publisher_issuer_name", "access_publisher", ["issuer", "name"])


def downgrade() -> None:
    """Refuse: users would lose the only way in that they have."""
    message = "0008 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
