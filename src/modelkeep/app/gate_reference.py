"""Writes what gates take for the documentation: `python -m modelkeep.app.gate_reference FILE`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from modelkeep.domains.governance import ENVIRONMENT, GateKind, policy_schema

_INTRODUCTION: Final = """# Kinds of gates

This page is written from the program: `uv run poe gates`. What gates are for is in [Gates](../guides/gates.md).

A gate of a policy has an `id`, a `kind`, a `severity` (`block`, the default, or `warn`), a `description` and the
`config` of its kind.

"""
_NAMES: Final = """## What expressions may name

| Name | Type |
|---|---|
"""
_NAMED: Final = {"duration": "a duration, `7d`", "count": "a whole number", "role": "a role"}


def page() -> str:
    """Return the page, in Markdown."""
    kinds = "".join(line + "\n" for kind in GateKind for line in _kind(kind.value))
    names = "".join(f"| `{name}` | {shown} |\n" for name, shown in ENVIRONMENT.items())
    return f"{_INTRODUCTION}{kinds}{_NAMES}{names}"


def _kind(name: str) -> Iterator[str]:
    definitions = cast("Mapping[str, Any]", policy_schema()["$defs"])
    schema = definitions[f"{name}_config"]
    yield f"## {name}"
    yield ""
    yield str(schema["description"])
    yield ""
    yield "| Member of `config` | What it takes | |"
    yield "|---|---|---|"
    for member, rule in schema["properties"].items():
        must = "Required. " if member in schema.get("required", ()) else ""
        yield f"| `{member}` | {_type(rule)} | {must}{rule['description']} |"
    yield ""


def _type(rule: Mapping[str, Any]) -> str:
    if "$ref" in rule:
        return {"duration": "a duration, `7d`", "count": "a whole number", "role": "a role"}[
            rule["$ref"].split("/")[-1]
        ]
    if rule["type"] == "array":
        choices = rule["items"].get("enum")
        return f"a list of {_choices(choices)}" if choices else "a list of texts"
    if "enum" in rule:
        return _choices(rule["enum"])
    return {"string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false"}.get(
        rule["type"], "a mapping"
    )


def _choices(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
