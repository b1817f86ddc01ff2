"""The shape of all gates: which facts it needs, which part of them it sees, what it says of that part."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome
from modelkeep.kernel.canonical_json import Json


class GateRule(Protocol):
    """One fact that a gate asks about."""

    @property
    def needs(self) -> frozenset[str]:
        """The names of the facts that it needs."""

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the part of the facts that it sees; this, and no more, is its evidence."""

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:
        """Say whether it holds for what it has seen, at a time; pure, so that it can be repeated from the evidence."""


def text_of(value: Any, name: str) -> str:  # noqa: ANN401 - JSON
    """Return the text of a member of a JSON object, or that there is none."""
    return str(value.get(name) or "") if isinstance(value, Mapping) else ""
