"""Stores the log and the claimed idempotency keys. SQL of the audit domain lives here and nowhere else."""

from modelkeep.domains.audit.repository.access_log import AccessLogRepository
from modelkeep.domains.audit.repository.anchors import AnchorRepository, AnchorState
from modelkeep.domains.audit.repository.entries import EntryRepository, access_entries
from modelkeep.domains.audit.repository.log import AuditRepository
from modelkeep.domains.audit.repository.privacy import PrivacyRepository
from modelkeep.domains.audit.repository.requests import FORGOTTEN_AT_ONCE, IdempotencyRepository
from modelkeep.domains.audit.repository.tree import StoredCheckpoint, StoredLeaf, TreeRepository

__all__ = [
    "FORGOTTEN_AT_ONCE",
    "AccessLogRepository",
    "AnchorRepository",
    "AnchorState",
    "AuditRepository",
    "EntryRepository",
    "IdempotencyRepository",
    "PrivacyRepository",
    "StoredCheckpoint",
    "StoredLeaf",
    "TreeRepository",
    "access_entries",
]
