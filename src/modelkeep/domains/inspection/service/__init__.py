"""Use cases of inspection."""

from modelkeep.domains.inspection.service.comparing import ContentComparer
from modelkeep.domains.inspection.service.content_reader import ContentReader
from modelkeep.domains.inspection.service.content_scanner import ContentScanner
from modelkeep.domains.inspection.service.inspections import InspectionService
from modelkeep.domains.inspection.service.picklescan import Picklescan

__all__ = ["ContentComparer", "ContentReader", "ContentScanner", "InspectionService", "Picklescan"]
