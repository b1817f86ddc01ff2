"""What an administrator of the database does: drop the guards, and change what is there."""

from typing import Any

from sqlalchemy import create_engine, text

TRIGGERS = ("audit_entry_no_update", "audit_entry_no_delete")


def tampered(url: str, *changes: Any) -> None:  # noqa: ANN401 - statements of any kind
    """Run statements with the triggers of the log off, in one transaction."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
            else:
                for trigger in TRIGGERS:
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
            for change in changes:
                connection.execute(change)
    finally:
        engine.dispose()
