"""What is harmful in a model file: by its bytes first, by its name second, and never by running it."""

from modelkeep.domains.inspection.domain.scanning.reports import ScanReport
from modelkeep.domains.inspection.domain.scanning.scan import scan

__all__ = ["ScanReport", "scan"]
