"""The audit log: one entry for every change, gapless, in the transaction of the change; and which request made it."""

from modelkeep.domains.audit.domain.checkpoints import ConsistencyProof, InclusionProof
from modelkeep.domains.audit.domain.cloud_events import BATCH_MEDIA_TYPE, MEDIA_TYPE, cloud_event, cloud_type
from modelkeep.domains.audit.domain.entries import Entry, EntryActor
from modelkeep.domains.audit.domain.event_types import EventType, growth_errors, public_type
from modelkeep.domains.audit.domain.exports import ExportFormat
from modelkeep.domains.audit.domain.log_keys import LogKey, SigningKey, read_seed
from modelkeep.domains.audit.domain.privacy import ERASED, Erasure, Hold
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.domain.requests import KeptResponse
from modelkeep.domains.audit.domain.signed_notes import VerifierKey
from modelkeep.domains.audit.domain.vocabulary import VOCABULARY
from modelkeep.domains.audit.operations import ProvenEntries, proven_entries, receipt_of, receipts_of
from modelkeep.domains.audit.ports import Anchor
from modelkeep.domains.audit.service import (
    BEFORE_ALL,
    FORGOTTEN_AT_ONCE,
    AccessLogService,
    AccessRecorder,
    AnchorService,
    AnchorState,
    AuditReader,
    AuditService,
    AuditSink,
    CheckpointPublisher,
    ExportService,
    FileAnchor,
    IdempotencyService,
    IdempotencySink,
    LogCheckService,
    LogKeyService,
    NoteSigner,
    PrivacyService,
    ProofService,
    StoreAnchor,
    StoredCheckpoint,
    TamperedLogError,
    WebhookAnchor,
    WitnessAnchor,
)

__all__ = [
    "BATCH_MEDIA_TYPE",
    "BEFORE_ALL",
    "ERASED",
    "FORGOTTEN_AT_ONCE",
    "MEDIA_TYPE",
    "VOCABULARY",
    "AccessLogService",
    "AccessRecorder",
    "Anchor",
    "AnchorService",
    "AnchorState",
    "AuditReader",
    "AuditService",
    "AuditSink",
    "CheckpointPublisher",
    "ConsistencyProof",
    "Entry",
    "EntryActor",
    "EntryQuery",
    "Erasure",
    "EventType",
    "ExportFormat",
    "ExportService",
    "FileAnchor",
    "Hold",
    "IdempotencyService",
    "IdempotencySink",
    "InclusionProof",
    "KeptResponse",
    "LogCheckService",
    "LogKey",
    "LogKeyService",
    "NoteSigner",
    "PrivacyService",
    "ProofService",
    "ProvenEntries",
    "SigningKey",
    "StoreAnchor",
    "StoredCheckpoint",
    "TamperedLogError",
    "VerifierKey",
    "WebhookAnchor",
    "WitnessAnchor",
    "cloud_event",
    "cloud_type",
    "growth_errors",
    "proven_entries",
    "public_type",
    "read_seed",
    "receipt_of",
    "receipts_of",
]
