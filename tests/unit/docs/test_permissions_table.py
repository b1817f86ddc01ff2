from tests.unit.docs.pages import read

from modelkeep.app.permissions import page


def test_the_table_of_permissions_is_written_from_the_program() -> None:
    assert read("reference/permissions.md") == page(), "run: uv run poe permissions"
