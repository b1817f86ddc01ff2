"""Wires the inspection of content."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from modelkeep.app.events import Foundation
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.inspection import (
    ContentComparer,
    ContentReader,
    ContentScan,
    Finding,
    Inspections,
    InspectionService,
    SourceFile,
    Verdict,
)
from modelkeep.platform.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Inspecting:
    """What the domain offers, and its background work."""

    service: InspectionService
    comparer: ContentComparer
    jobs: Inspections


def build_inspecting(on: Foundation, artifacts: ArtifactService) -> Inspecting:
    """Wire the domain."""
    reader = ContentReader(artifacts, _sandbox)
    service = InspectionService(on.database, on.access, artifacts, reader, _NoScanner(), on.clock)
    comparer = ContentComparer(on.database, artifacts, reader)
    return Inspecting(service, comparer, Inspections(on.database, AuditReader(on.database), on.jobs, service))


@cache
def _sandbox() -> Sandbox:
    """Measure the sandbox once in a process, when it is first needed."""
    return Sandbox.measure()


class _NoScanner:
    """Comes to no conclusion: nothing passes that nobody has looked at."""

    def scan(self, files: Sequence[SourceFile]) -> ContentScan:
        """Say so."""
        del files
        message = "no scanner is installed"
        return ContentScan(
            Verdict.INCONCLUSIVE, (Finding("inspection.not_scanned", Verdict.INCONCLUSIVE, "", message),)
        )
