from tests.unit.docs.pages import read

from modelkeep.app.gate_reference import page


def test_the_page_of_kinds_of_gates_is_what_the_program_says() -> None:
    assert read("reference/gates.md") == page(), "run: uv run poe gates"
