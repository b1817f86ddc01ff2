"""Use cases of the audit log."""

from modelkeep.domains.audit.repository import FORGOTTEN_AT_ONCE, AnchorState, StoredCheckpoint
from modelkeep.domains.audit.service.access_log import AccessLogService, AccessRecorder
from modelkeep.domains.audit.service.anchors import (
    AnchorService,
    FileAnchor,
    StoreAnchor,
    WebhookAnchor,
    WitnessAnchor,
)
from modelkeep.domains.audit.service.checking import LogCheckService
from modelkeep.domains.audit.service.exporting import ExportService
from modelkeep.domains.audit.service.log_keys import LogKeyService
from modelkeep.domains.audit.service.notes import NoteSigner
from modelkeep.domains.audit.service.privacy import PrivacyService
from modelkeep.domains.audit.service.proofs import ProofService
from modelkeep.domains.audit.service.publisher import CheckpointPublisher, TamperedLogError
from modelkeep.domains.audit.service.reader import BEFORE_ALL, AuditReader
from modelkeep.domains.audit.service.reading import AuditService
from modelkeep.domains.audit.service.requests import IdempotencyService, IdempotencySink
from modelkeep.domains.audit.service.sink import AuditSink

__all__ = [
    "BEFORE_ALL",
    "FORGOTTEN_AT_ONCE",
    "AccessLogService",
    "AccessRecorder",
    "AnchorService",
    "AnchorState",
    "AuditReader",
    "AuditService",
    "AuditSink",
    "CheckpointPublisher",
    "ExportService",
    "FileAnchor",
    "IdempotencyService",
    "IdempotencySink",
    "LogCheckService",
    "LogKeyService",
    "NoteSigner",
    "PrivacyService",
    "ProofService",
    "StoreAnchor",
    "StoredCheckpoint",
    "TamperedLogError",
    "WebhookAnchor",
    "WitnessAnchor",
]
