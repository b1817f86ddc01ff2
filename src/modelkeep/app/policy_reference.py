"""Writes the reference of policy documents from their schema: `python -m modelkeep.app.policy_reference PAGE`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from modelkeep.domains.governance import policy_schema

_INTRODUCTION: Final = """# The policy document

This page is written from the schema: `uv run poe policy-reference`. [Policies](../guides/policies.md) explains how
documents are used. They are YAML (the core schema of YAML 1.2, without anchors and tags) or JSON, of at most 131,072
characters. A field that is not listed is an error.
"""
_TITLES: Final = {
    "stage": "A stage",
    "move": "A move",
    "chain": "Approvals",
    "step": "A step",
    "gate": "A gate",
    "rollback": "Rollback",
    "break_glass": "Break-glass",
}

Schema = Mapping[str, Any]


def page() -> str:
    """Return the page, in Markdown."""
    schema: Schema = policy_schema()
    parts = schema["$defs"]
    lines = [_INTRODUCTION, "## The document\n", *_table(schema, parts)]
    for name, title in _TITLES.items():
        lines += [f"\n## {title}\n", f"{parts[name]['description']}\n", *_table(parts[name], parts)]
    lines.append("\n## What gates take\n\nThe `config` of a gate, by its `kind`.")
    for name, part in parts.items():
        if name.endswith("_config"):
            lines += [f"\n### {name.removesuffix('_config')}\n", f"{part['description']}\n", *_table(part, parts)]
    lines.append("\n## Retention\n\nThe classes of `retention`.\n")
    lines += _table(schema["properties"]["retention"], parts)
    lines.append("\n## The schema\n\n```json\n" + json.dumps(schema, indent=2, ensure_ascii=False) + "\n```")
    return "\n".join(lines) + "\n"


def _table(part: Schema, parts: Schema) -> Iterator[str]:
    required = part.get("required", ())
    yield "| Field | | |"
    yield "|---|---|---|"
    for name, member in part["properties"].items():
        needed = "required; " if name in required else ""
        yield f"| `{name}` | {needed}{_kind(member, parts)} | {_said(member, parts)} |"


def _kind(member: Schema, parts: Schema) -> str:
    if "$ref" in member:
        name = member["$ref"].rpartition("/")[2]
        if name in _TITLES:
            return f"[{_TITLES[name].lower()}](#{_TITLES[name].lower().replace(' ', '-')})"
        return _named(name, parts)
    if "enum" in member:
        return " or ".join(f"`{value}`" for value in member["enum"])
    if member["type"] == "array":
        return f"list of {_kind(member['items'], parts)}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "mapping"}.get(
        member["type"], str(member["type"])
    )


def _named(name: str, parts: Schema) -> str:
    words = {"stage_name": "stage", "count": "whole number from 1"}
    return words.get(name, name.replace("_", " ")) if "type" in parts[name] else name


def _said(member: Schema, parts: Schema) -> str:
    if "description" in member:
        return str(member["description"])
    return str(parts[member["$ref"].rpartition("/")[2]]["description"]) if "$ref" in member else ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
