"""Finds every error of the product in its source, without importing it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.unit.docs.pages import SOURCE

Name = tuple[str, str]
"""A module and a name in it."""

UNSET = "unset"
"""The value of what a base class leaves to its subclasses."""


@dataclass
class ErrorClass:
    """A class as it is written: its bases, and what it sets itself: kind, code, and an HTTP status of its own."""

    bases: list[Name]
    set: dict[str, str] = field(default_factory=dict)


@cache
def errors() -> dict[str, dict[str, str]]:
    """Return the kind, and the status if it has one of its own, of every code; `varies` where it is set at run time."""
    classes: dict[Name, ErrorClass] = {}
    loose: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        _read(path, classes, loose)
    complete = {name: _chain(name, classes) for name, error in classes.items() if "code" in error.set}
    found = {error["code"]: error for error in complete.values() if "kind" in error and UNSET not in error.values()}
    return found | {code: {"kind": "varies"} for code in loose - found.keys()}


def _read(path: Path, classes: dict[Name, ErrorClass], loose: set[str]) -> None:
    module = ".".join(("modelkeep", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = [imported.get(base.id, (module, base.id)) for base in node.bases if isinstance(base, ast.Name)]
            classes[module, node.name] = ErrorClass(bases, dict(_settings(node.body)))
        if isinstance(node, ast.Assign):
            loose.update(value for name, value in _attributes(node) if name == "code")


def _settings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement in body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id in {"kind", "code", "status"}:
            if value is None:
                yield target.id, UNSET
            elif isinstance(value, ast.Constant):
                yield target.id, str(value.value)
            elif isinstance(value, ast.Attribute):
                yield target.id, value.attr.lower()


def _attributes(node: ast.Assign) -> Iterator[tuple[str, str]]:
    """Yield what is set on objects: `Error.kind, Error.code = kind, "a.b"`."""
    for target in node.targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Attribute) and isinstance(value, ast.Constant):
                yield name.attr, str(value.value)


def _chain(name: Name, classes: dict[Name, ErrorClass]) -> dict[str, str]:
    """Return what a class sets, and what those above it do."""
    error = classes.get(name)
    if error is None:
        return {}
    settings: dict[str, str] = {}
    for base in reversed(error.bases):
        settings |= _chain(base, classes)
    return settings | error.set
