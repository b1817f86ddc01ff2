"""One inspection of content: what it is, and what is to be thought of it."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.inspection.domain.contents import ContentFacts
from modelkeep.domains.inspection.domain.facts import FormatFacts
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.verdicts import Finding, FormatPolicy, Tool, Verdict
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor


class NotInspectedError(RegistryError):
    """The content was not inspected yet: a background job does it after the registration."""

    kind = Kind.NOT_FOUND
    code = "inspection.not_inspected"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about content, whose manifest has this digest, without running any of it.

    `contents` are without tensors, of which there are `tensor_count`. `format_policy` says whether loading any of the
    files could run code; it is unknown if one of them could not be judged. `sandbox` says how well the reading process
    was confined: `full` or `reduced`. `number` counts the inspections of this content.
    """

    manifest_digest: Digest
    contents: ContentFacts
    tensor_count: int
    verdict: Verdict
    format_policy: FormatPolicy
    findings: tuple[Finding, ...]
    tools: tuple[Tool, ...]
    sandbox: str
    scanned_at: datetime
    number: int = 1

    @property
    def facts(self) -> FormatFacts:
        """What the files say together."""
        return self.contents.whole

    @property
    def format(self) -> str:
        """The format of the model, or `unknown`."""
        return self.facts.format

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of all files that are models, by name; what only describes a model is none."""
        return self.contents.model_formats

    def inspected(self, reference: str, by: Actor) -> Event:
        """Return the event of the first inspection."""
        return Event("inspection.version_inspected", reference, by, self.scanned_at, self._data())

    def rescanned(self, reference: str, by: Actor, before: "Inspection | None") -> Event:
        """Return the event of a later one."""
        previous = None if before is None else before.verdict.value
        return Event(
            "inspection.version_rescanned",
            reference,
            by,
            self.scanned_at,
            {**self._data(), "previous_verdict": previous},
        )

    def _data(self) -> dict[str, Json]:
        return {
            "manifest_digest": str(self.manifest_digest),
            "format": self.format,
            "verdict": self.verdict.value,
            "findings": len(self.findings),
            "tools": [tool.to_json() for tool in self.tools],
            "sandbox": self.sandbox,
        }


def allow_list_changed(allowed: AllowList, before: str | None, by: Actor, at: datetime) -> Event:
    """Return the event of other names that pickles may use than were recorded, under this digest, if any were."""
    data: dict[str, Json] = {"ruleset": allowed.digest, "previous_ruleset": before, "added": sorted(allowed.added)}
    return Event("inspection.allow_list_changed", "*", by, at, data)
