"""What gates ask of an expression language, so that its implementation can be swapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from modelkeep.domains.governance.domain.gates.facts import Path, Snapshot

MAX_EXPRESSION: Final = 4 * 1024
"""Most bytes of an expression in UTF-8."""

ENVIRONMENT: Final[Mapping[str, str]] = {
    "version": "map",
    "metrics": "map(string, double)",
    "card": "map",
    "model": "map",
    "target_stage": "string",
    "current": "map or null",
    "now": "timestamp",
}
"""The names that an expression may use, and their types."""


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """What is wrong with an expression; line and column count from 1, in characters."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What an expression names: a fact, or a member of it; one that is `tested` is only asked for by `has`."""

    path: Path
    tested: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an expression says of facts: true, false, or why it says nothing."""

    value: bool | None
    error: str = ""


class GateEngine(Protocol):
    """Checks and evaluates expressions; whatever it is given, it returns, and the process lives on."""

    def check(self, expression: str) -> tuple[ExpressionProblem, ...]:
        """Return what is wrong with an expression: it must compile in the environment, and its type must be bool."""

    def references(self, expression: str) -> tuple[Reference, ...]:
        """Return what an expression names of facts, whether or not the branch is taken; nothing if it is refused."""

    def evaluate(self, expression: str, facts: Snapshot, now: datetime) -> Verdict:
        """Return what an expression says of facts; the facts that it does not name may be left out."""
