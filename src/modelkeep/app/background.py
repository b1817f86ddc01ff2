"""Which background work a server does, and how often."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from modelkeep.domains.artifacts import UploadService
from modelkeep.domains.audit import IdempotencyService
from modelkeep.platform.jobs import JobKind, JobStore, every

TIDIED_EVERY: Final = timedelta(minutes=10)
KEPT_JOBS: Final = timedelta(days=30)


def job_kinds(store: JobStore, uploads: UploadService, idempotency: IdempotencyService) -> Sequence[JobKind]:
    """Return every kind of background work."""
    return (
        every(TIDIED_EVERY, "artifacts.expire_uploads", uploads.expire_uploads),
        every(TIDIED_EVERY, "audit.forget_keys", idempotency.forget_old),
        every(TIDIED_EVERY, "jobs.forget", lambda: store.forget(older_than=KEPT_JOBS)),
    )
