"""Every direct dependency is bounded below and above: see ADR 0012."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.architecture.sources import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BOUNDED = re.compile(r"[A-Za-z0-9._-]+(\[\w+\])?>=[\d.]+,<[\d.]+")


def direct_dependencies() -> Iterator[str]:
    """Yield the requirements of the package, its extras and the groups; not what one group includes of another."""
    yield from PROJECT["project"]["dependencies"]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        yield from extra
    for group in PROJECT["dependency-groups"].values():
        yield from (item for item in group if isinstance(item, str) and not item.startswith("modelkeep"))


@pytest.mark.parametrize("requirement", [*direct_dependencies()])
def test_a_direct_dependency_is_bounded_on_both_sides(requirement: str) -> None:
    assert BOUNDED.fullmatch(requirement)


def test_the_base_install_has_nothing_of_the_server() -> None:
    base = {re.split(r"[\[>]", item)[0] for item in PROJECT["project"]["dependencies"]}
    assert base == {"click", "httpx", "rich"}
