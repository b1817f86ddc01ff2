"""The API's description in the repository is the one that the program serves."""

from pathlib import Path

from modelkeep.app.openapi import document

COMMITTED = Path(__file__).parents[2] / "openapi" / "modelkeep-v1.json"


def test_the_committed_description_is_fresh() -> None:
    fresh = COMMITTED.read_text(encoding="utf-8") == document()
    assert fresh, "the API has changed: run `uv run poe openapi`, and look at what differs before you commit it"
