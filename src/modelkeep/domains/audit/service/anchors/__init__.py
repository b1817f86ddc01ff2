"""Places outside of the database that remember checkpoints, and the service that hands them over."""

from modelkeep.domains.audit.service.anchors.files import FileAnchor
from modelkeep.domains.audit.service.anchors.http import WebhookAnchor, WitnessAnchor
from modelkeep.domains.audit.service.anchors.pushing import AnchorService
from modelkeep.domains.audit.service.anchors.stores import StoreAnchor

__all__ = ["AnchorService", "FileAnchor", "StoreAnchor", "WebhookAnchor", "WitnessAnchor"]
