from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests.cards import CARDS, a_card, a_whole_card

from modelkeep.domains.cards.domain.errors import InvalidFrameworkError
from modelkeep.domains.cards.domain.frameworks import answers, score
from modelkeep.domains.cards.service.frameworks import is_field, load_frameworks

SHIPPED = load_frameworks()
OWN = """\
id: house-rules
title: House rules
edition: "1"
source: https://example.org/rules
clauses:
  - id: "1"
    asks: A cost centre.
    answered_by: [extra.cost_centre, uses.purpose | uses.intended]
"""


def test_four_frameworks_are_shipped() -> None:
    assert sorted(SHIPPED) == ["eu-ai-act-annex-iv", "iso-42001", "nist-ai-rmf", "sr-26-2"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bare_card_scores_little_and_a_whole_one_nearly_all(name: str) -> None:
    bare, whole = score(a_card(), SHIPPED[name]), score(a_whole_card(), SHIPPED[name])
    assert bare.percent < 10
    assert whole.percent >= 85


@given(CARDS)
def test_who_writes_more_never_scores_less(card: Any) -> None:  # noqa: ANN401 - JSON
    more = card | {name: section for name, section in a_whole_card().items() if name not in card}
    for framework in SHIPPED.values():
        assert score(card, framework).percent <= score(more, framework).percent


def test_a_clause_names_what_is_missing() -> None:
    scored = score(a_card(uses={"purpose": "x", "intended": ["y"], "users": [" "]}), SHIPPED["nist-ai-rmf"])
    clause = next(found for found in scored.clauses if found.clause.id == "MAP 1.1")
    assert clause.missing == ("uses.out_of_scope", "uses.users")
    assert clause.share == 0.5


@pytest.mark.parametrize(
    ("field", "answered"),
    [
        ("a", True),
        ("b", False),
        ("c", True),
        ("d", True),
        ("e", False),
        ("f[].x", True),
        ("g[].x", False),
        ("h[].x", False),
        ("i", False),
        ("j", False),
        ("a.b", False),
        ("a[]", False),
    ],
)
def test_what_counts_as_an_answer(field: str, answered: bool) -> None:  # noqa: FBT001 - a parameter of the test
    document: dict[str, Any] = {
        "a": "yes",
        "b": "  ",
        "c": 0,
        "d": False,
        "e": None,
        "f": [{"x": 1}, {"x": "2"}],
        "g": [{"x": 1}, {}],
        "h": [],
        "i": "Unknown",
        "j": {"k": [""]},
    }
    assert answers(document, field.split(".")) is answered


def test_an_organisation_adds_frameworks_and_takes_the_place_of_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text(OWN)
    (tmp_path / "iso.json").write_text(
        '{"id": "iso-42001", "title": "Ours", "edition": "1", "source": "x", "clauses": '
        '[{"id": "1", "asks": "x", "answered_by": ["risk.rating"]}]}'
    )
    (tmp_path / "README.md").write_text("not a framework")
    found = load_frameworks(tmp_path)
    assert len(found) == 5
    assert found["iso-42001"].title == "Ours"
    card = a_card(extra={"cost_centre": 1}, uses={"intended": ["x"]})
    assert score(card, found["house-rules"]).percent == 100


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OWN.replace("uses.purpose", "uses.purpos"), "line 8, column 38: .*no field 'uses.purpos'"),
        (OWN.replace("asks", "ask"), "line 6, column 5: "),
        (OWN + OWN[OWN.index("  - id") :], "line 9, column 5: .*there twice"),
        ("a: [", "line"),
        ("", "null"),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "house.yaml").write_text(text)
    with pytest.raises(InvalidFrameworkError, match=problem):
        load_frameworks(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFrameworkError, match="MODELKEEP_FRAMEWORKS_DIR"):
        load_frameworks(tmp_path / "missing")


def test_fields_are_those_of_the_schema() -> None:
    assert is_field("evaluations[].dataset.digest")
    assert not is_field("evaluations[].dataset[].digest")
    assert not is_field("uses.")
