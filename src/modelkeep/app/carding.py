"""Wires model cards."""

from pathlib import Path

from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService
from modelkeep.domains.artifacts import ArtifactOperations, ArtifactService
from modelkeep.domains.cards import AttachmentService, CardService, CardServices, ExchangeService, load_frameworks
from modelkeep.kernel.clock import Clock


def card_services(
    settings: Settings, access: AccessService, clock: Clock, artifacts: ArtifactService, operations: ArtifactOperations
) -> CardServices:
    """Build what there is to do with cards; the frameworks are read now.

    Raises:
        InvalidFrameworkError: a file of the folder that the settings name is no framework.
    """
    folder = Path(settings.frameworks_dir).expanduser() if settings.frameworks_dir else None
    database = access.database
    cards = CardService(database, access, clock, load_frameworks(folder))
    attachments = AttachmentService(database, access, clock, artifacts, operations)
    return CardServices(cards, attachments, ExchangeService(cards, attachments, artifacts))
