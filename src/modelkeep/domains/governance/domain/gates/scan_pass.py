"""`scan_pass`: the scan of the files says an explicit pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, pending
from modelkeep.kernel.canonical_json import Json

_PASS: Final = "pass"  # noqa: S105 - the name of a verdict


@dataclass(frozen=True, slots=True)
class ScanPassGate:
    """The verdict is `pass`, and not too old; anything else, such as `inconclusive`, does not pass."""

    max_age: timedelta | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The scan of the content."""
        return frozenset({"scan"})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the whole of it: the verdict, what it rests on, and when it was."""
        return {"scan": facts["scan"]}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:
        """Read the verdict."""
        scan = seen.value["scan"]
        if scan is None:
            return pending("the files have not been scanned yet; wait, or see 'modelkeep inspect'")
        verdict, scanned = scan["verdict"], scan["scanned_at"]
        if verdict != _PASS:
            remedy = "'modelkeep inspect' shows the findings; register clean files, or ask security for a waiver"
            return failed(f"the scan of {scanned} says {verdict}; {remedy}", verdict=verdict)
        if self.max_age is not None and at - datetime.fromisoformat(scanned) > self.max_age:
            return failed(
                f"the scan is of {scanned}, older than {self.max_age}; have it scanned again", verdict=verdict
            )
        return passed(f"the scan of {scanned} found nothing", verdict=verdict)
