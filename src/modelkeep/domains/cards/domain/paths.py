"""Places in a JSON document, and how they are written: `$.training.datasets[0].digest` (RFC 9535, normalized)."""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Names of members and places in arrays, from the whole document down."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN: Final = 80


def written(path: Iterable[str | int]) -> str:
    """Return a place as people write it; a name that is not plain stands in brackets, cut to 80 characters."""
    return "$" + "".join(map(_step, path))


def pointer(path: Iterable[str | int]) -> str:
    """Return a place as JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f"[{step[:_SHOWN]!r}]"
