"""`max_age`: evidence is fresh enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed
from modelkeep.domains.governance.domain.gates.rules import text_of
from modelkeep.kernel.canonical_json import Json

_DATED: Final[Mapping[str, tuple[str, str, str]]] = {
    "version": ("version", "created_at", "register a new version"),
    "evaluation": ("evaluation", "at", "measure it again and log its metrics"),
    "scan": ("scan", "scanned_at", "have it scanned again"),
    "card": ("card_state", "at", "review the card and save it"),
}


@dataclass(frozen=True, slots=True)
class MaxAgeGate:
    """What is named is not older than so much; without a date it is too old."""

    of: str
    age: timedelta

    @property
    def needs(self) -> frozenset[str]:
        """The fact that has a date."""
        return frozenset({_DATED[self.of][0]})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the date alone."""
        fact, member, _ = _DATED[self.of]
        return {"dated": text_of(facts[fact], member) or None}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:
        """Compare the date with the time."""
        _, _, remedy = _DATED[self.of]
        dated = seen.value["dated"]
        if dated is None:
            return failed(f"there is no {self.of} on record, which must not be older than {self.age}; {remedy}")
        age = at - datetime.fromisoformat(dated)
        if age <= self.age:
            return passed(f"the {self.of} is of {dated}")
        return failed(f"the {self.of} is of {dated}, older than {self.age}; {remedy}")
