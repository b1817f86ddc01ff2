"""The audit log: one entry for every change, gapless, in the transaction of the change; and which request made it."""

from modelkeep.domains.audit.domain.requests import KeptResponse
from modelkeep.domains.audit.service import AuditSink, IdempotencyService, IdempotencySink

__all__ = ["AuditSink", "IdempotencyService", "IdempotencySink", "KeptResponse"]
