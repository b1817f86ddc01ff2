"""Stores the log and the claimed idempotency keys. SQL of the audit domain lives here and nowhere else."""

from modelkeep.domains.audit.repository.entries import EntryRepository
from modelkeep.domains.audit.repository.log import AuditRepository
from modelkeep.domains.audit.repository.requests import IdempotencyRepository

__all__ = ["AuditRepository", "EntryRepository", "IdempotencyRepository"]
