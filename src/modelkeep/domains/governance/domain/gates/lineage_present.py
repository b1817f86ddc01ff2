"""`lineage_present`: the record says where the version comes from, in references that cannot change their meaning."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot, seen_by
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed
from modelkeep.kernel.canonical_json import Json

Check: TypeAlias = Callable[[Any], str | None]
_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|[0-9a-f]{40,128})")


@dataclass(frozen=True, slots=True)
class LineageGate:
    """What is required is on record, with a digest wherever it could change."""

    require: tuple[str, ...]

    @property
    def needs(self) -> frozenset[str]:
        """The record of the version."""
        return frozenset({"version"})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the parts of the record that are required."""
        return seen_by(facts, [("version", _MEMBERS.get(name, name)) for name in self.require])

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Say what is not there."""
        record = seen.value["version"]
        gaps = [
            gap for name in self.require if (gap := _CHECKS[name](record.get(_MEMBERS.get(name, name)))) is not None
        ]
        if not gaps:
            return passed(f"on record: {', '.join(self.require)}")
        remedy = "what is on record of a version never changes, so register a version that states it"
        return failed(f"{'; '.join(gaps)}; {remedy}", gaps=list(gaps))


def _data(label: str) -> Check:
    def check(references: Iterable[Mapping[str, Any]] | None) -> str | None:
        if not references:
            return f"no {label} is on record"
        bare = [
            _called(reference) for reference in references if not _DIGEST.search(str(reference.get("digest") or ""))
        ]
        return f"{label} without a digest: {', '.join(bare)}" if bare else None

    return check


def _code(code: Mapping[str, Any] | None) -> str | None:
    if not code or not code.get("commit"):
        return "no commit of the training code is on record"
    return "the training code had changes that no commit holds" if code.get("dirty") else None


def _environment(environment: Mapping[str, Any] | None) -> str | None:
    found = environment or {}
    if found.get("lock_file"):
        return None
    if not found.get("image"):
        return "no environment is on record"
    return None if _DIGEST.search(found["image"]) else f"the image {found['image']} is named without its digest"


def _parameters(parameters: Mapping[str, Any] | None) -> str | None:
    return None if parameters else "no parameters are on record"


def _parents(parents: Iterable[Mapping[str, Any]] | None) -> str | None:
    if not parents:
        return "no parents are on record"
    bare = [
        item["reference"] for item in parents if not item.get("version_id") and not _DIGEST.search(item["reference"])
    ]
    return f"parents outside this registry without a digest or commit: {', '.join(bare)}" if bare else None


def _called(reference: Mapping[str, Any]) -> str:
    return str(reference.get("name") or reference.get("uri") or "one without a name")


_MEMBERS: Final[Mapping[str, str]] = {"hyperparameters": "parameters"}
_CHECKS: Final[Mapping[str, Check]] = {
    "training_data": _data("training data"),
    "validation_data": _data("validation data"),
    "training_code": _code,
    "environment": _environment,
    "hyperparameters": _parameters,
    "parents": _parents,
}
