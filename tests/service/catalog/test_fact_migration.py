"""What was in the catalog before intervals were kept comes through with the time of its last change."""

import json
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from modelkeep.app import schema
from modelkeep.platform.database import Engines, open_engines

CREATED, CHANGED = "2026-11-02T09:00:00.000000Z", "2026-11-03T09:00:00.000000Z"
LONG = "é" * 400
RECORD = {
    "description": LONG,
    "tags": {"team": "risk", "lr": "0.5"},
    "metrics": [{"name": "auc", "value": 0.94}, {"name": "auc", "value": 0.9, "dataset": "test", "step": 7}],
}


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engines]:
    engines = open_engines(empty_database_url, pool_size=2)
    yield engines
    engines.dispose()


def test_tags_metrics_and_texts_of_the_schema_before_are_facts_since_their_subject_was_changed(empty: Engines) -> None:
    with schema.locked_schema(empty) as connection:
        command.upgrade(schema._config(connection), "0008")
        changed = {"created": CREATED, "changed": CHANGED}
        connection.execute(
            text(
                "INSERT INTO catalog_namespace (name, description, created_at, created_by, revision) "
                "VALUES ('fraud', 'Payments', :created, 'ana', 2)"
            ),
            {"created": CREATED},
        )
        connection.execute(
            text(
                "INSERT INTO catalog_model (id, name, namespace, description, task, visibility, owners, tags, "
                "last_number, created_at, created_by, changed_at, changed_by, revision, deleted_at) VALUES "
                "('m', 'fraud/scorer', 'fraud', '', 'ranking', 'internal', :owners, :tags, 1, "
                ":created, 'ana', :changed, 'bea', 3, :changed)"
            ),
            changed | {"owners": '["bea", "ana"]', "tags": '{"team": "risk"}'},
        )
        connection.execute(
            text(
                "INSERT INTO catalog_version (id, model_id, number, version, precedence, prerelease, stage, "
                "manifest_digest, file_count, total_size, record, created_at, created_by, changed_at, changed_by, "
                "revision) VALUES ('v', 'm', 1, '1.0.0', '1', false, 'Draft', 'sha256:00', 1, 1, :record, "
                ":created, 'ana', :changed, 'bea', 2)"
            ),
            changed | {"record": json.dumps(RECORD)},
        )
    with schema.locked_schema(empty) as connection:
        schema.migrate(connection)
        facts = connection.execute(
            text(
                "SELECT field, key, coalesce(whole, text) AS said, number, set_by, until FROM catalog_fact "
                "ORDER BY subject_id, field, key, part"
            )
        ).all()
        states = connection.execute(
            text("SELECT name, description, revision, until FROM catalog_namespace_state")
        ).all()
    assert {(fact.set_by, fact.until) for fact in facts} == {("bea", None)}
    assert [(fact.field, fact.key, fact.said, fact.number) for fact in facts] == [
        ("model.deleted", "", None, None),
        ("model.owner", "", "bea", None),
        ("model.owner", "", "ana", None),
        ("model.revision", "", None, 3.0),
        ("model.tag", "team", "risk", None),
        ("model.task", "", "ranking", None),
        ("model.visibility", "", "internal", None),
        ("version.description", "", LONG, None),
        ("version.metric", "auc", None, 0.94),
        ("version.metric", "auc", '{"dataset": "test", "step": 7}', 0.9),
        ("version.revision", "", None, 2.0),
        ("version.tag", "lr", "0.5", 0.5),
        ("version.tag", "team", "risk", None),
    ]
    assert [tuple(state) for state in states] == [("fraud", "Payments", 2, None)]
