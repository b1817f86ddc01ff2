"""Writes the page about the schema of model cards: `python -m modelkeep.app.modelcard FILE`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from modelkeep.domains.cards import card_schema

_INTRODUCTION: Final = """# Model card

This page is written from the schema: `uv run poe modelcard`. What cards are for is in
[Model cards](../guides/model-cards.md); the schema itself (JSON Schema, draft 2020-12) is at `/api/v1/cards/schema`.

A card needs `schema_version`, which is `1.0`, and `overview.description`. A field that is not here is refused, but
below `extra`. **Bold** fields are required in their section. Numbers are finite. Digests are `sha256:` and 64, or
`sha512:` and 128 lower-case hexadecimal digits.
"""
_Schema = Mapping[str, Any]


def page() -> str:
    """Return the page, in Markdown."""
    lines = [_INTRODUCTION]
    for name, section in _whole(cast("_Schema", card_schema()))["properties"].items():
        lines += [f"## `{name}`\n", f"{_whole(section).get('description', '')} {_capital(_form(section))}.\n"]
        rows = list(_rows(name, section))
        if rows:
            lines += ["| Field | What it takes | Meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(place: str, schema: _Schema) -> Iterator[str]:
    """Yield a row for each field below a place; those of what a list holds stand behind `[]`."""
    whole = _whole(schema)
    if whole.get("type") == "array":
        yield from _rows(f"{place}[]", whole["items"])
    for name, field in whole.get("properties", {}).items():
        path = f"`{place}.{name}`"
        shown = f"**{path}**" if name in whole.get("required", ()) else path
        yield f"| {shown} | {_form(field)} | {_whole(field).get('description', '')} |"
        yield from _rows(f"{place}.{name}", field)


def _form(schema: _Schema) -> str:
    """Return in words what a field takes."""
    whole = _whole(schema)
    if "const" in whole:
        return f"`{whole['const']}`"
    if "enum" in whole:
        return ", ".join(f"`{value}`" for value in whole["enum"])
    kind = whole["type"]
    if kind == "array":
        return f"up to {whole['maxItems']:,} times: {_form(whole['items'])}"
    if kind == "object":
        return "an object" if "properties" in whole else f"up to {whole['maxProperties']:,} members"
    if kind == "string":
        named = str(whole.get("$ref", "")).rpartition("/")[2]  # what has a pattern alone: a digest, a date
        return f"text, up to {whole['maxLength']:,} characters" if "maxLength" in whole else f"a {named}"
    return " or ".join([kind] if isinstance(kind, str) else kind)


def _whole(schema: _Schema) -> _Schema:
    """Return a schema with what it refers to; its own words count more."""
    if "$ref" not in schema:
        return schema
    definitions = cast("Mapping[str, _Schema]", card_schema()["$defs"])
    return {**definitions[schema["$ref"].rpartition("/")[2]], **schema}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
