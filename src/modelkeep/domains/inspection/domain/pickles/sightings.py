"""What a walk through a pickle has seen."""

from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.pickles.values import Global
from modelkeep.domains.inspection.domain.verdicts import Verdict

MOST_NAMES: Final = 10_000
MOST_STEPS: Final = 30_000_000
_MOST_PROBLEMS: Final = 100


class MalformedPickleError(Exception):
    """Whoever loads the pickle fails here, having done what stands before."""


class UnclearPickleError(Exception):
    """What follows cannot be followed, though a loader could."""


class LimitReachedError(Exception):
    """There is more than is looked at."""


@dataclass(slots=True)
class Budget:
    """Opcodes that may still be walked, of a file with all that is nested in it."""

    steps: int = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            LimitReachedError: there were too many.
        """
        self.steps -= steps
        if self.steps < 0:
            raise LimitReachedError(f"more than {MOST_STEPS} opcodes")


@dataclass(slots=True)
class Sightings:
    """Names, and what else is wrong; `called` are the names that are called."""

    names: dict[Global, None] = field(default_factory=dict)
    called: set[Global] = field(default_factory=set)
    problems: dict[tuple[str, Verdict, str], None] = field(default_factory=dict)

    def name(self, name: Global) -> None:
        """Note a name.

        Raises:
            LimitReachedError: there are too many.
        """
        self.names[name] = None
        if len(self.names) > MOST_NAMES:
            raise LimitReachedError(f"more than {MOST_NAMES} names")

    def problem(self, rule: str, verdict: Verdict, message: str) -> None:
        """Note something else."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems[rule, verdict, message] = None
