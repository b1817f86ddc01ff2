"""Finds every command that messages, docstrings and documentation tell people to type."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.unit.cli.typed import commands_in
from tests.unit.docs.pages import DOCS, ROOT, SOURCE

STANDS_FOR = "SOMETHING"
"""What a value stands for that a message has only when it is told."""

_FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(modelkeep [a-z][^`]*)`", re.DOTALL)
_QUOTED = re.compile(r"'(modelkeep [a-z][^']*)'")
_VARIABLE = re.compile(r"\$\w+")
_BARE = re.compile(r"(?<!['`/\w])(modelkeep [a-z][^`';,(\n]*)")


@dataclass(frozen=True)
class Told:
    """Words to type, without the name of the program, and where they are told."""

    place: str
    words: tuple[str, ...]


def told_by_pages() -> Iterator[Told]:
    """Yield what the pages of the documentation tell: in blocks of shell, and in running text."""
    for page in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for block in _FENCE.finditer(text):
            if block[1] == "sh":
                for line in _lines(block[2]):
                    yield from _told(page, _line_of(text, block.start()), line)
        prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
        for found in _INLINE.finditer(prose):
            yield from _told(page, _line_of(prose, found.start()), found[1])


def told_by_source() -> Iterator[Told]:
    """Yield what strings of the source tell, docstrings included; `STANDS_FOR` is where they are filled in.

    Examples of several lines, and of commands of the server, are left to the tests of the help.
    """
    for path in sorted(SOURCE.rglob("*.py")):
        for node in _strings(ast.parse(path.read_text(encoding="utf-8"))):
            for command in _commands(_text(node)):
                yield from _told(path, node.lineno, command)


def _commands(text: str) -> list[str]:
    if text.startswith("Example: ") or text.endswith("\\"):
        return []
    if text.startswith("modelkeep ") and text[10].islower():
        return [text]
    return [found[1] for pattern in (_INLINE, _QUOTED, _BARE) for found in pattern.finditer(text)]


def _told(path: Path, line: int, text: str) -> Iterator[Told]:
    for words in commands_in(_VARIABLE.sub(STANDS_FOR, text)):
        yield Told(f"{path.relative_to(ROOT)}:{line}", tuple(words))


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _lines(body: str) -> Iterator[str]:
    """Yield the lines of a script that run the program, without documents that it holds and with lines continued."""
    body = re.sub(r"<<'?(\w+)'?\n.*?^ *\1$", "", body, flags=re.MULTILINE | re.DOTALL)
    for line in body.replace("\\\n", " ").splitlines():
        if "modelkeep " in line:
            yield line


def _strings(tree: ast.AST) -> Iterator[ast.JoinedStr | ast.Constant]:
    """Yield every string, those with values in them as one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node
        else:
            yield from _strings(node)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    return str(node.value) if isinstance(node, ast.Constant) else STANDS_FOR
