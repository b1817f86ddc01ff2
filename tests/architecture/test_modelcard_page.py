"""The page about model cards in the documentation is the one that the schema gives."""

from pathlib import Path

from modelkeep.app.modelcard import page

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "modelcard.md"


def test_the_committed_page_is_fresh() -> None:
    fresh = COMMITTED.read_text(encoding="utf-8") == page()
    assert fresh, "the schema has changed: run `uv run poe modelcard`, and look at what differs before you commit it"
