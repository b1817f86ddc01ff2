from pathlib import Path

from modelkeep.app.policy_reference import page

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "policy-document.md"


def test_the_page_of_the_policy_document_is_that_of_its_schema() -> None:
    assert page() == COMMITTED.read_text("utf-8"), "run 'uv run poe policy-reference', and commit the page"
