"""Use cases of inspection."""

from modelkeep.domains.inspection.service.comparing import ContentComparer
from modelkeep.domains.inspection.service.content_reader import ContentReader
from modelkeep.domains.inspection.service.inspections import InspectionService

__all__ = ["ContentComparer", "ContentReader", "InspectionService"]
