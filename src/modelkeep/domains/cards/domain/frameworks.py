"""How much of what a framework asks for a card answers. Frameworks are data; see the files beside `service`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.cards.domain.schema import Document
from modelkeep.kernel.canonical_json import Json

FIELD: Final = re.compile(r"[a-z][a-z0-9_]*(\[\])?(\.[a-z][a-z0-9_]*(\[\])?)*")
"""A field of a card: names with dots between them; `[]` means each item of a list, of which there is one at least."""

_NOTHING: Final = frozenset({"", "unknown"})


@dataclass(frozen=True, slots=True)
class Ask:
    """A part of the card that answers a clause: the first field, or any of the others in its place."""

    alternatives: tuple[str, ...]

    @property
    def text(self) -> str:
        """How it is written in a framework's file."""
        return " | ".join(self.alternatives)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a framework: what it asks for, in our words, and what of a card answers it."""

    id: str
    asks: str
    answered_by: tuple[Ask, ...]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Framework:
    """What somebody asks the documentation of a model for."""

    id: str
    title: str
    edition: str
    source: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class ClauseScore:
    """What of a clause a card answers; `missing` are the fields that are empty."""

    clause: Clause
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """How much of it is answered, from 0 to 1."""
        asked = len(self.clause.answered_by)
        return (asked - len(self.missing)) / asked


@dataclass(frozen=True, slots=True)
class Score:
    """How complete a card is by a framework."""

    framework: Framework
    clauses: tuple[ClauseScore, ...]

    @property
    def percent(self) -> int:
        """The weighted share that is answered, from 0 to 100; 100 only if nothing is missing."""
        weights = sum(clause.clause.weight for clause in self.clauses)
        answered = sum(clause.share * clause.clause.weight for clause in self.clauses)
        return int(100 * answered / weights + 1e-9)


def score(card: Document, framework: Framework) -> Score:
    """Return how complete a card is."""
    return Score(framework, tuple(ClauseScore(clause, tuple(_missing(card, clause))) for clause in framework.clauses))


def _missing(card: Document, clause: Clause) -> Iterator[str]:
    for ask in clause.answered_by:
        if not any(answers(card, field.split(".")) for field in ask.alternatives):
            yield ask.text


def answers(value: Json, field: Sequence[str]) -> bool:
    """Say whether a value has something at a field: a text that is not blank or `unknown`, a number, a truth, items."""
    if not field:
        return _says_something(value)
    name, each = field[0].removesuffix("[]"), field[0].endswith("[]")
    inner = value.get(name) if isinstance(value, Mapping) else None
    if not each:
        return answers(inner, field[1:])
    items = inner if isinstance(inner, Sequence) and not isinstance(inner, str) else ()
    return bool(items) and all(answers(item, field[1:]) for item in items)


def _says_something(value: Json) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in _NOTHING
    if isinstance(value, Mapping):
        return any(map(_says_something, value.values()))
    if isinstance(value, Sequence):
        return any(map(_says_something, value))
    return value is not None
