"""`format`: the files are in formats that hold data only, or in those that somebody has named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, pending, undecided
from modelkeep.kernel.canonical_json import Json

_DATA_ONLY: Final = "data-only"
_UNKNOWN: Final = "unknown"
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class FormatGate:
    """No file could run code when it is loaded, and all models are in formats of a list; what is unknown blocks."""

    data_only: bool
    formats: frozenset[str]

    @property
    def needs(self) -> frozenset[str]:
        """What formats the files are in."""
        return frozenset({"format"})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the formats and what could not be judged, not when that was found out."""
        return {"format": facts["format"]}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Hold the formats against what is allowed."""
        found = seen.value["format"]
        if found is None:
            return pending("the files have not been inspected yet; wait, or see 'modelkeep inspect'")
        evidence: dict[str, Json] = {"format": found["format"], "policy": found["policy"]}
        doubt = self._doubt(found)
        if doubt:
            return undecided(f"{doubt}; 'modelkeep inspect' shows the findings", **evidence)
        refused = self._refused(found)
        if refused:
            return failed(f"{refused}; register the model in another format, or ask for a waiver", **evidence)
        return passed(f"the files are {', '.join(found['formats'])}", **evidence)

    def _doubt(self, found: Mapping[str, Any]) -> str | None:
        """Return why nobody can tell: of what cannot be read or judged, anything could be true."""
        if found["format"] == _UNKNOWN:
            return "no file is of a format that is known"
        if found["unread"]:
            return f"files could not be read: {', '.join(found['unread'])}"
        if found["policy"] == _UNKNOWN:
            return "files could not be judged"
        return None

    def _refused(self, found: Mapping[str, Any]) -> str | None:
        if self.data_only and found["policy"] != _DATA_ONLY:
            return "loading a file could run code that is in it"
        others = [name for name in found["formats"] if self.formats and name not in self.formats]
        return f"the policy does not take {', '.join(others[:_SHOWN])}" if others else None
