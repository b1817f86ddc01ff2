"""Use cases of the audit log."""

from modelkeep.domains.audit.service.reader import BEFORE_ALL, AuditReader
from modelkeep.domains.audit.service.requests import IdempotencyService, IdempotencySink
from modelkeep.domains.audit.service.sink import AuditSink

__all__ = ["BEFORE_ALL", "AuditReader", "AuditSink", "IdempotencyService", "IdempotencySink"]
