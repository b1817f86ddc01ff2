"""Use cases of inspection."""

from modelkeep.domains.inspection.service.comparing import ContentComparer
from modelkeep.domains.inspection.service.content_reader import ContentReader
from modelkeep.domains.inspection.service.content_scanner import ContentScanner
from modelkeep.domains.inspection.service.diffing import DiffService
from modelkeep.domains.inspection.service.inspections import InspectionService
from modelkeep.domains.inspection.service.picklescan import Picklescan
from modelkeep.domains.inspection.service.tensor_digests import TensorDigests

__all__ = [
    "ContentComparer",
    "ContentReader",
    "ContentScanner",
    "DiffService",
    "InspectionService",
    "Picklescan",
    "TensorDigests",
]
