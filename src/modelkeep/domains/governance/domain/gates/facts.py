"""What gates look at: facts about a version, and the part of them that one gate has seen, frozen as evidence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, TypeAlias, cast

from modelkeep.kernel.canonical_json import Json, canonical_json, parse_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError

MAX_SNAPSHOT: Final = 1024 * 1024
"""Most bytes of what one gate looks at, as canonical JSON; a gate that would need more cannot be judged."""

Facts: TypeAlias = Mapping[str, Json]
"""Facts about a version by the name of what they are about: `version`, `metrics`, `card`, `holder:champion`…"""

Path: TypeAlias = tuple[str, ...]
"""A way into facts: the name of a fact, a member of it, a member of that."""

HOLDER: Final = "holder:"
"""Before the name of an alias or a stage: the fact about the version that holds it."""

UNUSABLE: Final = "unusable"
"""The one member of a snapshot that stands for facts which could not be used: why."""


class UnusableFactsError(InvalidValueError):
    """What a gate looks at cannot be kept as evidence: a number is not finite, text is no text, or it is too large."""

    code = "governance.unusable_facts"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one gate looks at, in the one form in which it is kept: `text` is canonical JSON, `value` what it says."""

    value: Mapping[str, Any]
    text: str
    digest: Digest

    @classmethod
    def of(cls, value: Mapping[str, Json]) -> "Snapshot":
        """Freeze facts.

        Raises:
            UnusableFactsError: they have no canonical form or are too large.
        """
        try:
            text = canonical_json(value)
        except InvalidValueError as error:
            name = _not_finite(value)
            message = f"{name} is not a finite number" if name else error.message
            raise UnusableFactsError(message) from None
        if len(text) > MAX_SNAPSHOT:
            raise UnusableFactsError(
                f"the gate looks at {len(text)} bytes; at most {MAX_SNAPSHOT} are kept as evidence"
            )
        return cls.read(text.decode())

    @classmethod
    def read(cls, text: str) -> "Snapshot":
        """Return the snapshot that was kept as this text."""
        data = text.encode()
        return cls(cast("Mapping[str, Any]", parse_json(data, max_bytes=MAX_SNAPSHOT)), text, Digest.of(data))


def seen_by(facts: Facts, paths: Iterable[Path]) -> dict[str, Json]:
    """Return what of the facts can be seen by these paths: of a fact only the members that they name.

    What a gate does not look at is no part of its evidence, so that a change of it changes nothing.
    """
    seen: dict[str, Json] = {}
    for path in paths:
        fact = facts.get(path[0])
        if len(path) == 1 or not isinstance(fact, Mapping):
            seen[path[0]] = fact
        elif seen.get(path[0]) is not fact:
            kept = cast("dict[str, Json]", seen.setdefault(path[0], {}))
            if path[1] in fact:
                kept[path[1]] = fact[path[1]]
    return seen


def missing_from(facts: Facts, paths: Iterable[Path]) -> tuple[str, ...]:
    """Return what the paths name and the facts do not have, each by as much of its path as is missing."""
    found = {gap for path in paths if (gap := _gap(facts, path)) is not None}
    return tuple(sorted(found))


def _gap(facts: Facts, path: Path) -> str | None:
    here: Json = facts
    for depth, name in enumerate(path, 1):
        if not isinstance(here, Mapping) or name not in here:
            return ".".join(path[:depth])
        here = here[name]
    return None


def _not_finite(value: Mapping[str, Json]) -> str | None:
    metrics = value.get("metrics")
    numbers = metrics.items() if isinstance(metrics, Mapping) else ()
    return next((f"metric {name}" for name, item in numbers if isinstance(item, float) and not isfinite(item)), None)
