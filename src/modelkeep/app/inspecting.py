"""Wires the inspection of content."""

from dataclasses import dataclass
from functools import cache

from modelkeep.app.events import Foundation
from modelkeep.app.settings import Settings
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.inspection import (
    ContentComparer,
    ContentReader,
    ContentScanner,
    Inspections,
    InspectionService,
    Picklescan,
)
from modelkeep.platform.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Inspecting:
    """What the domain offers, and its background work."""

    service: InspectionService
    comparer: ContentComparer
    jobs: Inspections


def build_inspecting(settings: Settings, on: Foundation, artifacts: ArtifactService) -> Inspecting:
    """Wire the domain."""
    reader = ContentReader(artifacts, _sandbox)
    second = Picklescan.installed()
    scanner = ContentScanner(_sandbox, settings.allowed_names, (second,) if second else ())
    service = InspectionService(on.database, on.access, artifacts, reader, scanner, on.clock)
    comparer = ContentComparer(on.database, artifacts, reader)
    return Inspecting(service, comparer, Inspections(on.database, AuditReader(on.database), on.jobs, service))


@cache
def _sandbox() -> Sandbox:
    """Measure the sandbox once in a process, when it is first needed."""
    return Sandbox.measure()
