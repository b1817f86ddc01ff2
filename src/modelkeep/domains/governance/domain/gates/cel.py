"""`cel`: an expression of the Common Expression Language is true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.facts import Facts, Path, Snapshot, missing_from, seen_by
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, undecided
from modelkeep.kernel.canonical_json import Json

_SHOWN: Final = 20
_NOW: Final = "now"


@dataclass(frozen=True, slots=True)
class CelGate:
    """The expression is true of the version; an error, or anything but true, is not."""

    expression: str
    engine: GateEngine

    @property
    def needs(self) -> frozenset[str]:
        """The facts that the expression names."""
        return frozenset(path[0] for path in self._paths())

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the members that the expression names."""
        return seen_by(facts, self._paths())

    def _paths(self) -> list[Path]:
        return [found.path for found in self.engine.references(self.expression) if found.path[0] != _NOW]

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:
        """Evaluate the expression; missing references are shown even where `||` has absorbed them."""
        problems = self.engine.check(self.expression)
        if problems:
            return undecided(f"the expression is refused: {problems[0].message}; correct it in the policy")
        verdict = self.engine.evaluate(self.expression, seen, at)
        named = [found.path for found in self.engine.references(self.expression) if not found.tested]
        missing = missing_from(seen.value, [path for path in named if path[0] != _NOW])[:_SHOWN]
        gaps = f"; not on record: {', '.join(missing)}" if missing else ""
        evidence: dict[str, Json] = {"missing": list(missing)}
        if verdict.value is None:
            return undecided(f"`{self.expression}` could not be evaluated: {verdict.error}{gaps}", **evidence)
        if verdict.value:
            return passed(f"`{self.expression}` is true{gaps}", **evidence)
        return failed(f"`{self.expression}` is false{gaps}", **evidence)
