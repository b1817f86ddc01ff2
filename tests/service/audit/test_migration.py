"""Entries made under an older schema come through to the newest."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from modelkeep.app import schema
from modelkeep.platform.database import Engines, open_engines

SUBJECTS = {
    "catalog.namespace_created": ("fraud", ("fraud", "")),
    "catalog.model_created": ("fraud/scorer", ("fraud", "fraud/scorer")),
    "catalog.version_registered": ("fraud/scorer:1.4.0", ("fraud", "fraud/scorer")),
    "catalog.alias_set": ("fraud/scorer@champion", ("fraud", "fraud/scorer")),
    "access.token_created": ("0199a1b2-0000-7000-8000-000000000001", ("", "")),
}


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engines]:
    engines = open_engines(empty_database_url, pool_size=2)
    yield engines
    engines.dispose()


def test_entries_of_the_first_schema_are_placed_and_still_guarded(empty: Engines) -> None:
    with schema.locked_schema(empty) as connection:
        command.upgrade(schema._config(connection), "0002")
        for seq, (action, (subject, _)) in enumerate(SUBJECTS.items()):
            values = {"seq": seq, "action": action, "subject": subject, "payload": b"{}", "hash": bytes(32)}
            connection.execute(
                text(
                    "INSERT INTO audit_entry (seq, at, action, subject, actor_id, request_id, payload, leaf_hash) "
                    "VALUES (:seq, '2026-11-02T09:00:00.000000Z', :action, :subject, 'ana', 'r', :payload, :hash)"
                ),
                values,
            )
    with schema.locked_schema(empty) as connection:
        schema.migrate(connection)
        rows = connection.execute(text("SELECT seq, action, namespace, model, payload FROM audit_entry ORDER BY seq"))
        placed = {row.action: (row.namespace, row.model) for row in rows}
    assert placed == {action: place for action, (_, place) in SUBJECTS.items()}
    with pytest.raises(Exception, match="never changed"), empty.writer.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET subject = 'nothing'"))
