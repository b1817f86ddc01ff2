"""Wires the inspection of content."""

from dataclasses import dataclass
from functools import cache

from modelkeep.app.events import Foundation
from modelkeep.app.settings import Settings
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.cards import current_card
from modelkeep.domains.inspection import (
    ContentComparer,
    ContentReader,
    ContentScanner,
    DiffService,
    Inspections,
    InspectionService,
    Picklescan,
    TensorDigests,
)
from modelkeep.platform.database import Transaction
from modelkeep.platform.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Inspecting:
    """What the domain offers, and its background work."""

    service: InspectionService
    comparer: ContentComparer
    diffs: DiffService
    jobs: Inspections


def build_inspecting(settings: Settings, on: Foundation, artifacts: ArtifactService) -> Inspecting:
    """Wire the domain."""
    reader = ContentReader(artifacts, _sandbox)
    second = Picklescan.installed()
    scanner = ContentScanner(_sandbox, settings.allowed_names, (second,) if second else ())
    service = InspectionService(on.database, on.access, artifacts, reader, scanner, on.clock)
    comparer = ContentComparer(on.database, artifacts, reader, service.stopping)
    digests = TensorDigests(on.database, artifacts)
    diffs = DiffService(on.database, on.access, artifacts, comparer, digests, _card_sections)
    return Inspecting(service, comparer, diffs, Inspections(on.database, AuditReader(on.database), on.jobs, service))


def _card_sections(tx: Transaction, before: str, after: str) -> tuple[str, ...]:
    """Return the sections of the cards of two versions that differ."""
    old, new = ((card.document if card else {}) for card in (current_card(tx, before), current_card(tx, after)))
    return tuple(
        section
        for section in sorted(old.keys() | new.keys())
        if (section, old.get(section)) != (section, new.get(section))
    )


@cache
def _sandbox() -> Sandbox:
    """Measure the sandbox once in a process, when it is first needed."""
    return Sandbox.measure()
