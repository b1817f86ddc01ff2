"""The vocabulary of the audit log in the documentation is the one that the program has, and never shrinks."""

import json
from pathlib import Path

import pytest

from modelkeep.app.vocabulary import DOCUMENT, PAGE, document, main, page, shrinkage

COMMITTED = Path(__file__).parents[2] / "docs" / "reference"
STALE = "the vocabulary has changed: run `uv run poe vocabulary`, and look at what differs before you commit it"


def test_the_committed_document_is_fresh() -> None:
    fresh = (COMMITTED / DOCUMENT).read_text(encoding="utf-8") == document()
    assert fresh, STALE


def test_the_committed_page_is_fresh() -> None:
    fresh = (COMMITTED / PAGE).read_text(encoding="utf-8") == page()
    assert fresh, STALE


def test_a_type_that_is_gone_is_not_written_away(tmp_path: Path) -> None:
    before = json.loads(document())
    before["types"]["MODEL_LOVED"] = before["types"]["MODEL_CREATED"]
    (tmp_path / DOCUMENT).write_text(json.dumps(before), encoding="utf-8")
    with pytest.raises(SystemExit, match="MODEL_LOVED: the type is gone"):
        main(tmp_path)
    assert json.loads((tmp_path / DOCUMENT).read_text(encoding="utf-8")) == before


def test_what_a_vocabulary_can_lose_is_noticed() -> None:
    def lost(public: str, **members: object) -> list[str]:
        before = json.loads(document())
        before["types"][public] |= members
        return list(shrinkage(before, json.loads(document())))

    assert lost("MODEL_CREATED") == []
    assert lost("MODEL_CREATED", name="catalog.model_made") == [
        "MODEL_CREATED: the type is gone, or has another name in the log"
    ]
    assert lost("MODEL_DEPLOYED", reserved=False) == [
        "MODEL_DEPLOYED: the type is recorded, and cannot be reserved again"
    ]
    assert lost("MODEL_DEPLOYED", schema={"type": "object", "required": ["mood"]}) == []
    assert lost("MODEL_DELETED", texts=["farewell"]) == ["MODEL_DELETED: the text farewell is gone"]
    assert lost("MODEL_DELETED", schema={"type": "object", "required": ["mood"]}) == [
        "MODEL_DELETED: data: what is required has changed; a new member is optional, and stays so"
    ]
