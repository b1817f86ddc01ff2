import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.cli import output
from modelkeep.cli.output import Column, Section, show_json, show_json_list, show_record, show_table
from modelkeep.cli.text import age, cell, counted, printable, size

MODELS: Sequence[tuple[str, int, str]] = (("fraud/scorer", 12, "scores payments"), ("vision/detector", 3, ""))
COLUMNS: Sequence[Column[tuple[str, int, str]]] = (
    Column("NAME", lambda row: row[0]),
    Column("VERSIONS", lambda row: row[1], number=True),
    Column("TASK", lambda _: None),
    Column("DESCRIPTION", lambda row: row[2], cut=True),
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of 60 columns."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "dumb")


def test_a_table_in_a_pipe_is_aligned_and_has_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(MODELS, COLUMNS)
    assert capsys.readouterr().out == (
        "NAME             VERSIONS  TASK  DESCRIPTION\n"
        "fraud/scorer           12        scores payments\n"
        "vision/detector         3\n"
    )


def test_in_a_pipe_nothing_is_cut_and_a_list_without_end_is_shown_as_it_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_table((("x", number, "long " * 100) for number in range(450)), COLUMNS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 451
    assert all(("long " * 100).strip() in line for line in lines[1:])


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_a_table_fits_and_empty_columns_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([*MODELS, ("a/b", 1, "a description that goes on and on, far beyond the edge")], COLUMNS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "fraud/scorer", "vision/detector", "a/b"]
    assert "TASK" not in lines[0]
    assert max(map(len, lines)) <= 60
    assert lines[3].endswith("…")


@pytest.mark.usefixtures("terminal")
def test_on_a_narrow_terminal_columns_for_wide_ones_are_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = _with_tags()
    show_table(["x"], columns)
    assert "TAGS" not in capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "120")
    show_table(["x"], columns)
    assert "TAGS" in capsys.readouterr().out


def _with_tags() -> Sequence[Column[str]]:
    return (Column("NAME", str), Column("TAGS", str, wide=True))


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_a_time_may_be_an_age_and_in_a_pipe_it_is_exact(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    columns: Sequence[Column[datetime]] = (Column("CREATED", lambda time: time, age=True),)
    show_table([at], columns)
    assert "3 h ago" in capsys.readouterr().out
    monkeypatch.setattr(output, "is_terminal", lambda: False)
    show_table([at], columns)
    assert f"{at:%Y-%m-%d %H:%MZ}" in capsys.readouterr().out


def test_a_record_shows_what_has_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    sections = [
        Section("tags", [("team", "risk"), ("tier", 2)]),
        Section("metrics"),
        Section("description", text="One.\nTwo."),
    ]
    show_record({"version": "a/b:1.0.0", "aliases": (), "deleted": None, "number": 1}, sections)
    assert capsys.readouterr().out == (
        "version  a/b:1.0.0\nnumber   1\n\ntags\n  team  risk\n  tier  2\n\ndescription\n  One.\n  Two.\n"
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_of_json_is_one_document(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    documents = [{"number": number, "text": "a\nb"} for number in range(count)]
    show_json_list(iter(documents), lambda: "token")
    assert json.loads(capsys.readouterr().out) == {"items": documents, "next_page_token": "token"}


def test_json_has_no_character_that_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"text": "\x1b[31m \x9b31m \x7f …"}
    show_json(document)
    text = capsys.readouterr().out
    assert json.loads(text) == document
    assert not {"\x1b", "\x9b", "\x7f"} & set(text)


def test_nothing_in_a_cell_steers_a_terminal_or_breaks_the_line() -> None:
    assert cell("a\x1b]0;title\x07b\nc\u202ed") == "a ]0;title b c d"
    assert printable("a\nb\rc", lines=True) == "a\nb c"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (0.1 + 0.2, "0.3"),
        (1e-9, "1e-09"),
        (("a", "b"), "a, b"),
        ({"team": "risk", "auc": 0.5}, "team=risk, auc=0.5"),
        (datetime(2026, 11, 16, 9, 0, 59, tzinfo=UTC), "2026-11-16 09:00Z"),
    ],
)
def test_values_are_shown_on_one_line(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (2e9, "2.0 GB")],
)
def test_sizes_have_units_of_1000(count: float, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "now"), (59, "59 s ago"), (3600, "1 h ago"), (90_000, "1 d ago")])
def test_ages_have_the_greatest_unit_that_fits(seconds: int, shown: str) -> None:
    assert age(timedelta(seconds=seconds)) == shown


def test_things_are_counted_in_english() -> None:
    assert (counted(1, "file"), counted(2, "file")) == ("1 file", "2 files")
