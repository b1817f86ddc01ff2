"""What a token is called, who made it and with which other, where it may be used from, and which key it is under."""

import sqlalchemy as sa
from alembic import op

from modelkeep.platform.database import ordered_text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FILLED = {"kind": "p", "name": "", "networks": "", "pepper": ""}


def upgrade() -> None:
    """Apply it."""
    for name, value in _FILLED.items():
        op.add_column("access_token", sa.Column(name, ordered_text(), nullable=False, server_default=value))
    op.add_column("access_token", sa.Column("noticed_days", sa.Integer(), nullable=False, server_default="0"))
    for name in ("created_by", "revoked_by", "parent_id"):
        op.add_column("access_token", sa.Column(name, ordered_text(), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        for name in (*_FILLED, "noticed_days"):
            op.alter_column("access_token", name, server_default=None)
    op.drop_index("ix_access_token_principal_id", "access_token")
    op.create_index("ix_access_token_principal_id_id", "access_token", ["principal_id", "id"])
    op.create_index("ix_access_token_expires_at_id", "access_token", ["expires_at", "id"])
    op.create_index("ix_access_token_parent_id", "access_token", ["parent_id"])


def downgrade() -> None:
    """Refuse: what was said of tokens since would be lost."""
    message = "0010 cannot be undone; restore the backup made before it"
    raise RuntimeError(message)
