from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.platform.yaml_documents import InvalidYamlError, Place, read_yaml, write_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.sampled_from(
        ["no", "1e3", "0o17", "0x1F", ".5", "1_000", "2026-11-16", "~", "", " ", "a\nb\n", "a\n\n", "\tx"]
    )
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


def read(text: str) -> Any:  # noqa: ANN401 - JSON
    return read_yaml(text, max_chars=10_000, max_depth=8).value


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:  # noqa: ANN401 - JSON
    assert read_yaml(write_yaml(value), max_chars=10**6).value == value


@given(VALUES)
def test_a_reader_of_yaml_1_1_takes_no_text_for_something_else(value: Any) -> None:  # noqa: ANN401 - JSON
    assert yaml.safe_load(write_yaml(value)) == value


def test_scalars_are_those_of_yaml_1_2() -> None:
    assert read("[no, on, 2026-11-16, 1e-3, 0o17, 0x1f, 007, '1', true, ~, .5]") == [
        *("no", "on", "2026-11-16", 0.001, 15, 31, 7, "1", True, None, 0.5)
    ]


def test_places_are_those_that_an_editor_shows() -> None:
    document = read_yaml("uses:\n  intended:\n    - a\n    - {b: 1}\n", max_chars=100)
    assert document.place_of(("uses", "intended")) == Place(2, 3)
    assert document.place_of(("uses", "intended", 1, "b")) == Place(4, 8)
    assert document.place_of(("uses", "intended", 1, "c")) == Place(4, 7)
    assert document.place_of(("risk",)) == Place(1, 1)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: 1\na: 2", (2, 1), "there twice"),
        ("a: &x 1", (1, 4), "anchors"),
        ("a: [1, *x]", (1, 8), "anchors"),
        ("a: !!python/object:os.system x", (1, 4), "tag"),
        ("a: !foo [1]", (1, 4), "tag"),
        ("1: a", (1, 1), "not text"),
        ("? [a]\n: b", (1, 3), "keys are texts"),
        ("a: .nan", (1, 4), "no number"),
        ("a: 1e999", (1, 4), "too great"),
        ("a: 9007199254740993", (1, 4), "not exact"),
        ("a: 1\n---\nb: 2", (3, 1), "second document"),
        ("a: [1", (2, 1), "did not find"),
        ("a:\n\t- b", (2, 1), "cannot start"),
        ("[" * 9, (1, 9), "deeper than 8"),
    ],
)
def test_what_has_no_one_meaning_is_refused_at_its_place(text: str, place: tuple[int, int], problem: str) -> None:
    with pytest.raises(InvalidYamlError, match=problem) as caught:
        read(text)
    found = (caught.value.details["line"], caught.value.details["column"])
    assert found == place


def test_bombs_are_refused_before_they_go_off() -> None:
    bomb = "a: &a [x,x]\n" + "\n".join(f"b{n}: &b{n} [*a,*a]" for n in range(20))
    for text in (bomb, "[" * 100_000, "{a: " * 100_000, "x" * 20_000, "a: \x00", "a: \ud800"):
        with pytest.raises(InvalidYamlError):
            read_yaml(text, max_chars=500_000 if len(text) != 20_000 else 10_000)


def test_an_empty_document_is_null() -> None:
    assert read("") is None
    assert read("# a comment\n") is None
