"""`metric_compare`: a metric is at least as good as that of the version that holds an alias or a stage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from modelkeep.domains.governance.domain.gates.facts import HOLDER, Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, undecided
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class MetricCompareGate:
    """The metric is better than that of the holder by at least `min_delta`; where nobody holds it, it passes."""

    metric: str
    against: str
    min_delta: float = 0
    dataset: str | None = None
    slice: str | None = None
    higher_is_better: bool = True

    @property
    def needs(self) -> frozenset[str]:
        """The measurements of the version and of the holder."""
        return frozenset({"version", HOLDER + self.against})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the two numbers and whose they are."""
        return {"candidate": self._number(facts["version"]), "holder": self._number(facts[HOLDER + self.against])}

    def _number(self, version: Json) -> Json:
        if not isinstance(version, Mapping):
            return None
        value = measured(_measurements(version), self.metric, self.dataset or "", self.slice or "")
        return {"id": version["id"], "reference": version["reference"], "value": value}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Compare, in decimals as they are written: 0.9 is better than 0.8 by 0.1."""
        candidate, holder = seen.value["candidate"], seen.value["holder"]
        if candidate["value"] is None:
            return failed(f"{candidate['reference']} has no {self._name}; 'modelkeep metrics set' adds it")
        if holder is None:
            return passed(f"no version holds {self.against}: there is nothing to compare {self._name} with")
        if holder["id"] == candidate["id"]:
            return passed(f"it holds {self.against} itself")
        if holder["value"] is None:
            return undecided(
                f"{holder['reference']}, which holds {self.against}, has no {self._name} to compare with; log it there"
            )
        return self._compared(candidate, holder)

    def _compared(self, candidate: Mapping[str, Any], holder: Mapping[str, Any]) -> Outcome:
        ours, theirs = Decimal(repr(candidate["value"])), Decimal(repr(holder["value"]))
        better = ours - theirs if self.higher_is_better else theirs - ours
        said = f"{self._name} is {ours}, that of {holder['reference']} is {theirs}"
        if better >= Decimal(repr(self.min_delta)):
            return passed(said, better_by=str(better))
        asked = f"it must be better by at least {self.min_delta}" if self.min_delta else "it must not be worse"
        return failed(f"{said}; {asked}", better_by=str(better))

    @property
    def _name(self) -> str:
        of = [f"{name} {value}" for name, value in (("dataset", self.dataset), ("slice", self.slice)) if value]
        return f"metric {self.metric}" + (f" ({', '.join(of)})" if of else "")


def measured(measurements: Iterable[Mapping[str, Any]], name: str, dataset: str, part: str) -> float | None:
    """Return what a metric is on a dataset and a slice of it ("" is the measurement without one).

    Of the measurements during training the final one counts: that without a step, else that of the last step.
    """
    wanted = (name, dataset, part)
    found = [
        (0 if item.get("step") is not None else 1, item.get("step") or 0, item["value"])
        for item in measurements
        if (item["name"], item.get("dataset") or "", item.get("slice") or "") == wanted
    ]
    return max(found)[2] if found else None


def _measurements(version: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = version["measurements"]
    return found
