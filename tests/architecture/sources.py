"""The program's own text, for rules that hold for every file."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "modelkeep"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def source_files(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the program, by default all of them."""
    files = [file for folder in folders or ("",) for file in (SOURCE / folder).rglob("*.py")]
    assert files, f"no file below {folders}"
    return sorted(files)


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def place(file: Path, node: ast.stmt | ast.expr) -> str:
    """Return where a node is, as a terminal can open it."""
    return f"{file.relative_to(ROOT)}:{node.lineno}"
