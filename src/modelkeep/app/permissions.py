"""Writes the table of permissions for the documentation: `python -m modelkeep.app.permissions FILE`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from modelkeep.api.rest.permissions import NEEDS, OTHERWISE
from modelkeep.domains.access import NEVER, ROLES, Permission
from modelkeep.kernel.identity import PrincipalKind

_INTRODUCTION: Final = """# Permissions

This page is written from the program: `uv run poe permissions`. How roles are given is in
[Access control](../guides/access-control.md).

A role is a set of permissions. These are built in; `modelkeep role create` makes others from the same permissions.

"""
_BEFORE: Final = """
Permissions on stages (`stage.…`) can be limited to one stage by the binding. Whatever its roles, a CI identity never
gets
"""
_AFTER: Final = """
Without any role, every principal but a CI identity has `model.read` and `version.read` on models whose visibility is
`internal` or `public`, and `version.download` on `public` ones.

## Routes

What each operation of the [REST API](rest.md) needs, as its `x-permission` in the OpenAPI document says. *On* is what
the permission is needed on: the model or namespace of the path, the registry, the scope that the request names
(`body`), or each thing by itself (`items`: everybody may ask, and gets what the permission shows). Without a
permission: `public` asks for no credential, `authenticated` for any, and `own` is about the caller's own things.

"""


def page() -> str:
    """Return the page, in Markdown."""
    never = "".join(f"- `{permission}`\n" for permission in sorted(NEVER[PrincipalKind.CI]))
    return "".join((_INTRODUCTION, *_lines(_table()), _BEFORE, "\n", never, _AFTER, *_lines(_routes())))


def _table() -> Iterator[str]:
    yield f"| Permission | {' | '.join(f'`{name}`' for name in ROLES)} |"
    yield "|---" * (len(ROLES) + 1) + "|"
    for permission in Permission:
        marks = ("✓" if permission in granted else "" for granted in ROLES.values())
        yield f"| `{permission}` | {' | '.join(marks)} |"


def _routes() -> Iterator[str]:
    yield "| Operation | Permission | On |"
    yield "|---|---|---|"
    for name, (permission, on) in sorted(NEEDS.items()):
        yield f"| `{name}` | `{permission}` | {on} |"
    for name, reason in sorted(OTHERWISE.items()):
        yield f"| `{name}` | | {reason} |"


def _lines(rows: Iterator[str]) -> Iterator[str]:
    return (f"{row}\n" for row in rows)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
