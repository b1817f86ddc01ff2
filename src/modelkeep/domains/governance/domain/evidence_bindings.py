"""What a vote is bound to: it counts for as long as all of this is what it was when the vote was cast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from modelkeep.kernel.canonical_json import Json

_NAMES: Final[Mapping[str, str]] = {
    "manifest_digest": "the files of the version",
    "card_digest": "the model card",
    "training_data_digest": "the training data, or what is known of it",
    "metrics_digest": "the metrics",
    "evidence_digest": "the evidence of the gates",
    "policy_digest": "the policy",
}

_AROUND: Final = ("evidence_digest", "policy_digest")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a vote is bound to and that is another now; digests as text, empty for nothing."""

    what: str
    before: str
    after: str

    @property
    def says(self) -> str:
        """What it is, for people."""
        return _NAMES[self.what]

    @property
    def document(self) -> Mapping[str, str]:
        """What the audit log and answers say of it."""
        return {"what": self.what, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Binding:
    """The content, and the evidence that approvers see: digests as text, empty where there is nothing.

    `training_data_digest` also covers which of the data has been withdrawn, `evidence_digest` is that of an evaluation
    of the gates.
    """

    manifest_digest: str
    card_digest: str
    training_data_digest: str
    metrics_digest: str
    evidence_digest: str
    policy_digest: str

    @classmethod
    def of_digests(cls, document: Mapping[str, Json]) -> Self:
        """Return the binding with these digests, as they were stored."""
        return cls(**{name: str(document[name]) for name in _NAMES})

    @property
    def digests(self) -> Mapping[str, str]:
        """All digests by their names."""
        return {name: getattr(self, name) for name in _NAMES}

    def content_differences(self, now: "Binding") -> tuple[Difference, ...]:
        """Return what is another now of the version itself: neither what gates say nor the policy are looked at."""
        return tuple(difference for difference in self.differences(now) if difference.what not in _AROUND)

    def differences(self, now: "Binding") -> tuple[Difference, ...]:
        """Return what is another now; none means that a vote with this binding still counts."""
        then, current = self.digests, now.digests
        return tuple(Difference(name, then[name], current[name]) for name in _NAMES if then[name] != current[name])
