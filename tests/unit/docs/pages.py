"""Reads the documentation as a reader sees it: tables, and text in backticks."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "modelkeep"

_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")


def read(page: str) -> str:
    """Return the text of a page below `docs`."""
    return (DOCS / page).read_text(encoding="utf-8")


def table(page: str, first_column: str) -> list[dict[str, str]]:
    """Return the rows of the table on a page whose first column has this title."""
    lines = iter(read(page).splitlines())
    for line in lines:
        titles = _cells(line)
        if titles and titles[0] == first_column:
            next(lines)
            rows = []
            for row in lines:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(titles, _cells(row), strict=True)))
            return rows
    raise AssertionError(f"docs/{page} has no table with the first column {first_column!r}")


def codes(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return _CODE.findall(cell)


def _cells(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())[1:-1]]
