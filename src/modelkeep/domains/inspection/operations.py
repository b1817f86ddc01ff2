"""What higher domains ask of inspections in transactions of their own."""

from modelkeep.domains.inspection.domain.inspections import Inspection
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.kernel.digests import Digest
from modelkeep.platform.database import Transaction


def inspection_of(tx: Transaction, manifest_digest: Digest) -> Inspection | None:
    """Return the last inspection of content, None if there was none yet."""
    return InspectionRepository(tx).find(manifest_digest)
