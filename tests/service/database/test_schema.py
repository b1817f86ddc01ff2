"""Migrations: from nothing, again, several servers at once, and never over a newer schema."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import ProgrammingError

from modelkeep.app import schema
from modelkeep.domains.access.tables import BINDING, TOKEN_PERMISSION, TOKEN_SCOPE
from modelkeep.kernel.errors import Kind
from modelkeep.platform.database import DatabaseUnavailableError, Engines, SchemaError, open_engines

HEAD = schema.known_revisions()[-1]


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engines]:
    engines = open_engines(empty_database_url, pool_size=2)
    yield engines
    engines.dispose()


def migrate(engines: Engines) -> tuple[str | None, str]:
    with schema.locked_schema(engines) as connection:
        return schema.migrate(connection)


def tables(engines: Engines) -> set[str]:
    with engines.reader.begin() as connection:
        return set(inspect(connection).get_table_names())


def test_a_fresh_database_is_brought_to_the_newest_schema(empty: Engines) -> None:
    assert migrate(empty) == (None, HEAD)
    assert {"audit_entry", "catalog_version", "artifact_blob", "access_token"} <= tables(empty)


def test_migrating_again_changes_nothing(empty: Engines) -> None:
    migrate(empty)
    before = tables(empty)
    assert migrate(empty) == (HEAD, HEAD)
    assert tables(empty) == before


def test_the_schema_is_what_the_tables_declare(empty: Engines) -> None:
    migrate(empty)
    with schema.locked_schema(empty) as connection:
        schema.check_drift(connection)


def test_a_newer_schema_is_refused_with_advice_and_left_alone(empty: Engines) -> None:
    migrate(empty)
    with empty.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("CREATE TABLE from_the_future (id INTEGER)"))
    before = tables(empty)
    with pytest.raises(
        SchemaError, match="has schema 9999, which a newer Modelkeep has written; nothing was"
    ) as refusal:
        migrate(empty)
    assert refusal.value.kind is Kind.UNAVAILABLE
    assert tables(empty) == before
    with empty.reader.begin() as connection:
        assert schema.current_revision(connection) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engines) -> None:
    with empty.writer.begin() as connection:
        connection.execute(text("CREATE TABLE catalog_version (in_the_way INTEGER)"))
    with pytest.raises((DatabaseUnavailableError, ProgrammingError)):
        migrate(empty)
    assert tables(empty) <= {"catalog_version", "alembic_version"}


START = """
import sys
from pathlib import Path
from tests.registries import registry, settings_for
with registry(settings_for(Path(sys.argv[1]), sys.argv[2])) as (services, token):
    print("token" if token else "none")
"""


def test_servers_that_start_at_once_on_an_empty_database_agree(empty_database_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", START, str(tmp_path), empty_database_url]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [server.communicate(timeout=240) for server in servers]
    assert [error for _, error in answers] == ["", ""]
    assert sorted(output.strip() for output, _ in answers) == ["none", "token"]


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    engines = open_engines(f"postgresql://mk@/mk?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError), schema.locked_schema(engines):
        pytest.fail("there is no database")
    engines.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_text_that_filters_and_lists_compare_has_the_same_order_on_every_server(engines: Engines) -> None:
    """Text without a collation of its own sorts as the locale of the cluster says."""
    columns = text(
        "SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS NULL"
    )
    with engines.reader.begin() as connection:
        unordered = set(connection.scalars(columns))
    assert unordered == {
        "governance_evaluation.message",
        "governance_evidence.text",
        "governance_external_check.details",
        "governance_waiver.reason",
        "access_password.encoded",
        "access_pepper.fingerprint",
        "access_binding.reason",
        "access_role.description",
        "access_token.last_four",
        "audit_anchor.last_error",
        "audit_checkpoint.note",
        "audit_hold.reason",
        "audit_text.value",
        "governance_comment.text",
        "governance_delegation.reason",
        "governance_request.reason",
        "governance_review.comment",
        "governance_vote.comment",
        "governance_vote.conditions",
        "governance_withdrawn_data.reason",
        "events_delivery.excerpt",
        "events_subscription.name",
        "events_subscription.shown_target",
        "events_subscription.template",
        "governance_policy.document",
        "governance_policy.source",
        "job.last_error",
        "job_event.detail",
    }


def test_the_roles_of_the_first_release_become_bindings_on_the_registry(empty: Engines) -> None:
    with schema.locked_schema(empty) as connection:
        command.upgrade(schema._config(connection), "0001")
        for statement in (
            "INSERT INTO access_principal VALUES ('p', 'user', 'admin', '2026-11-02T09:00:00.000000Z')",
            "INSERT INTO access_role_grant VALUES ('p', 'admin')",
            "INSERT INTO access_token VALUES ('t', 'p', 'hash', 'last', '2026-11-02T09:00Z', '2027-11-02', NULL)",
        ):
            connection.execute(text(statement))
    assert migrate(empty)[0] == "0001"
    with empty.reader.begin() as connection:
        (binding,) = connection.execute(select(BINDING)).all()
        permissions = connection.scalars(select(TOKEN_PERMISSION.c.permission)).all()
        scopes = connection.scalars(select(TOKEN_SCOPE.c.scope)).all()
    assert (binding.subject_type, binding.subject_id, binding.role, binding.scope) == ("user", "p", "admin", "*")
    assert (binding.since.isoformat(), binding.until, binding.expires_at) == ("2026-11-02T09:00:00+00:00", None, None)
    assert (permissions, scopes) == (["*"], ["*"])
