"""`poe soak` runs every test that grows with patience, and every test of the security test plan."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from tests.architecture.sources import ROOT

COMMAND = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["poe"]["tasks"]["soak"]["cmd"]
LISTED = [ROOT / path for path in COMMAND.split()[1:]]
GROWING = re.compile(r"^from tests\.soak import", re.MULTILINE)
OF_THE_PLAN = re.compile(r"\btest S\d{1,2}\b")
"""How a module says which test of the plan it is, in its docstring."""
MODULES = sorted((ROOT / "tests").rglob("test_*.py"))


def is_listed(module: Path) -> bool:
    return any(path in (module, *module.parents) for path in LISTED)


@pytest.mark.parametrize("path", LISTED, ids=str)
def test_what_is_listed_is_there(path: Path) -> None:
    assert path.exists()


def test_every_test_that_grows_and_every_test_of_the_plan_is_listed() -> None:
    sources = {module: module.read_text(encoding="utf-8") for module in MODULES}
    growing = {module for module, source in sources.items() if GROWING.search(source)}
    planned = {module for module, source in sources.items() if OF_THE_PLAN.search(_docstring(source))}
    assert len(growing) > 8
    assert {found for module in planned for found in OF_THE_PLAN.findall(_docstring(sources[module]))} >= {
        f"test S{number}" for number in (1, 2, 8, 10, 11, 12)
    }
    assert not [str(module) for module in growing | planned if not is_listed(module)]


def _docstring(source: str) -> str:
    return ast.get_docstring(ast.parse(source)) or ""
