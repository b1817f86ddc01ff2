import re
import tomllib

import pytest
from tests.unit.docs.pages import DOCS, ROOT, codes

PAGES = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
HEADINGS = ["## Context", "## Decision", "## Consequences", "## Enforced by"]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def text(page: str) -> str:
    return (DOCS / "adr" / page).read_text(encoding="utf-8")


def enforcement(page: str) -> str:
    return text(page).partition("## Enforced by\n")[2]


@pytest.mark.parametrize("page", PAGES)
def test_a_decision_has_its_number_and_its_four_parts(page: str) -> None:
    assert text(page).startswith(f"# {page[:4]} ")
    headings = [line for line in text(page).splitlines() if line.startswith("## ") and line != "## Alternatives"]
    assert headings == HEADINGS


@pytest.mark.parametrize("page", PAGES)
def test_what_enforces_a_decision_exists(page: str) -> None:
    named = codes(enforcement(page))
    for path in (name for name in named if "/" in name or name.endswith(".toml")):
        file, _, test = path.partition("::")
        assert (ROOT / file).exists(), path
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8") if test else True, path
    contracts = {contract["name"].split(".")[0] for contract in CONTRACTS}
    assert set(re.findall(r"[Cc]ontract (\d)", enforcement(page))) <= contracts


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [page[:4] for page in PAGES] == [f"{number:04}" for number in range(1, len(PAGES) + 1)]
    index = text("index.md")
    assert all(f"]({page})" in index for page in PAGES)
