"""Wires model cards."""

from pathlib import Path

from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService
from modelkeep.domains.artifacts import ArtifactOperations, ArtifactService
from modelkeep.domains.cards import (
    AttachmentService,
    CardService,
    CardServices,
    ExchangeService,
    ExtraSchemaService,
    InspectedContent,
    load_frameworks,
)
from modelkeep.domains.inspection import Field, inspection_of
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.platform.database import Transaction


def card_services(
    settings: Settings, access: AccessService, clock: Clock, artifacts: ArtifactService, operations: ArtifactOperations
) -> CardServices:
    """Build what there is to do with cards; the frameworks are read now.

    Raises:
        InvalidFrameworkError: a file of the folder that the settings name is no framework.
    """
    folder = Path(settings.frameworks_dir).expanduser() if settings.frameworks_dir else None
    database = access.database
    cards = CardService(database, access, clock, load_frameworks(folder), inspected_content)
    attachments = AttachmentService(database, access, clock, artifacts, operations)
    return CardServices(
        cards, ExtraSchemaService(database, access, clock), attachments, ExchangeService(cards, attachments, artifacts)
    )


def inspected_content(tx: Transaction, manifest: Digest) -> InspectedContent | None:
    """Return what an inspection found out about content, as a card says it; None before the first one."""
    found = inspection_of(tx, manifest)
    if found is None:
        return None
    facts = found.facts
    inputs, outputs = _listed(facts.signature.inputs), _listed(facts.signature.outputs)
    return InspectedContent(facts.format, facts.parameter_count, facts.libraries, facts.licence, inputs, outputs)


def _listed(fields: tuple[Field, ...] | None) -> str | None:
    """Return inputs or outputs as a list in Markdown, as long as a card takes it."""
    lines = []
    for item in fields or ():
        shape = (
            "" if item.shape is None else f" [{', '.join('?' if size is None else str(size) for size in item.shape)}]"
        )
        lines.append(f"- `{item.name}`: {item.dtype}{shape}{', optional' if item.optional else ''}")
    return "\n".join(lines)[:5000] or None
