"""Wires what reads the audit log, what keeps it within the law, and the access log."""

from dataclasses import dataclass
from datetime import timedelta

from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService
from modelkeep.domains.audit import (
    AccessLogService,
    AccessRecorder,
    AuditReader,
    AuditService,
    ExportService,
    PrivacyService,
)
from modelkeep.domains.catalog import forget_past
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource


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
    reads_kept = timedelta(days=settings.access_log_retention_days)
    return Auditing(
        entries=AuditService(database, access),
        reader=AuditReader(database),
        exports=ExportService(database, access, clock, settings.public_url),
        privacy=PrivacyService(database, access, clock, ids, settings.audit_retention, forget_past),
        access_log=AccessLogService(database, access, clock, reads_kept, AccessRecorder(database, clock)),
    )
