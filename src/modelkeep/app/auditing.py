"""Wires what reads the audit log, what keeps it within the law, and the access log."""

from dataclasses import dataclass
from datetime import timedelta

from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService, forget_reasons
from modelkeep.domains.audit import (
    AccessLogService,
    AccessRecorder,
    AuditReader,
    AuditService,
    Erasure,
    ExportService,
    PrivacyService,
)
from modelkeep.domains.cards import forget_attachments
from modelkeep.domains.catalog import forget_past
from modelkeep.domains.governance import audit_kept_for, forget_texts
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Auditing:
    """Readers and keepers of the two logs."""

    entries: AuditService
    reader: AuditReader
    exports: ExportService
    privacy: PrivacyService
    access_log: AccessLogService


def auditing(settings: Settings, access: AccessService, clock: Clock, ids: IdSource) -> Auditing:
    """Build them."""
    database = access.database

    def kept_for(tx: Transaction) -> timedelta:
        return max(settings.audit_retention, audit_kept_for(tx))

    reads_kept = timedelta(days=settings.access_log_retention_days)
    return Auditing(
        entries=AuditService(database, access),
        reader=AuditReader(database),
        exports=ExportService(database, access, clock, settings.public_url),
        privacy=PrivacyService(database, access, clock, ids, kept_for, _forget),
        access_log=AccessLogService(database, access, clock, reads_kept, AccessRecorder(database, clock)),
    )


def _forget(tx: Transaction, erasure: Erasure) -> int:
    """Erase from every domain that keeps texts of the log beside it."""
    return sum(forget(tx, erasure) for forget in (forget_past, forget_attachments, forget_texts, _forget_reasons))


def _forget_reasons(tx: Transaction, erasure: Erasure) -> int:
    if erasure.fields and "reason" not in erasure.fields:
        return 0
    return forget_reasons(tx, scope=erasure.subject, within=erasure.within, grantor=erasure.principal)
