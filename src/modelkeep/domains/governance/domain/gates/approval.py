"""`approval`: so many people with a role have approved, whatever the chain asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, passed, pending
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class ApprovalGate:
    """Enough distinct people approved in the role."""

    role: str
    approvals: int = 1

    @property
    def needs(self) -> frozenset[str]:
        """The approvals of the open request that still count; None where there is no request."""
        return frozenset({"approvals"})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return who approved in which role."""
        return {"approvals": facts["approvals"]}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Count."""
        approvals = seen.value["approvals"]
        if approvals is None:
            return pending("nobody has requested the move; request it, then people can approve")
        given = {item["by"] for item in approvals if item["role"] == self.role}
        said = f"{len(given)} of {self.approvals} approvals by {self.role}"
        if len(given) >= self.approvals:
            return passed(said)
        return pending(f"{said}; ask {self.approvals - len(given)} more who hold {self.role} on the model")
