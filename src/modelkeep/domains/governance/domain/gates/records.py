"""What is kept of an evaluation: enough to repeat it."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.facts import UNUSABLE
from modelkeep.domains.governance.domain.gates.kinds import rule_of
from modelkeep.domains.governance.domain.gates.outcomes import GateResult, Outcome, undecided
from modelkeep.kernel.digests import Digest


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation as it was kept, its results in the order of the policy."""

    id: str
    version_id: str
    request_id: str | None
    source: str
    target: str
    at: datetime
    digest: Digest
    results: tuple[GateResult, ...]

    def replay(self, result: GateResult, engine: GateEngine) -> Outcome:
        """Judge one of its gates again, from what was kept alone.

        It gives what was found then (`found`, whatever a waiver made of it), or the evidence or the program has
        changed. Facts that could not be used then give the error of then.
        """
        seen = result.snapshot
        if UNUSABLE in seen.value:
            return undecided(str(seen.value[UNUSABLE]))
        return rule_of(result.gate, self.target, engine).judge(seen, self.at)
