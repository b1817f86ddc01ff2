"""`external`: another system has posted that it passed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, pending
from modelkeep.kernel.canonical_json import Json

EXTERNAL: Final = "external:"
"""Before the id of a gate: the fact about the newest check of it by another system."""

MAX_AGE: Final = timedelta(days=7)
"""How long a result stands by default."""


@dataclass(frozen=True, slots=True)
class ExternalGate:
    """The newest check of the version for this gate passed, and not too long ago."""

    gate_id: str
    max_age: timedelta = MAX_AGE

    @property
    def needs(self) -> frozenset[str]:
        """The newest check of the gate."""
        return frozenset({EXTERNAL + self.gate_id})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return it whole."""
        return {"check": facts[EXTERNAL + self.gate_id]}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:
        """Read the result; one that was never posted, or is too old, is none."""
        check = seen.value["check"]
        if check is None:
            return pending(
                "nobody without a part in this has asked another system; hand it a token of 'modelkeep gate token'"
            )
        if check["passed"] is None:
            late = at >= datetime.fromisoformat(check["expires_at"])
            state = f"has not answered until {check['expires_at']}" if late else f"has until {check['expires_at']}"
            return pending(f"the other system {state}; a new token of 'modelkeep gate token' lets it answer")
        if at - datetime.fromisoformat(check["posted_at"]) > self.max_age:
            return pending(f"the answer of {check['posted_at']} is older than {self.max_age}; ask for a new one")
        if check["passed"]:
            return passed(f"the other system said at {check['posted_at']} that it passed")
        return failed(f"the other system said at {check['posted_at']} that it did not pass; see there, then ask again")
