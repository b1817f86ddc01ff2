"""Which background work a server does, and how often."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from modelkeep.app.auditing import Auditing
from modelkeep.app.entrance import Entrance
from modelkeep.domains import audit
from modelkeep.domains.access import NOTICED_AT_ONCE
from modelkeep.domains.artifacts import EXPIRED_AT_ONCE, UploadService
from modelkeep.domains.audit import IdempotencyService
from modelkeep.platform import jobs
from modelkeep.platform.jobs import Again, JobKind, JobStore, Outcome, Work, every

TIDIED_EVERY: Final = timedelta(minutes=10)
NOTICED_EVERY: Final = timedelta(hours=1)
KEPT_JOBS: Final = timedelta(days=30)
_PRUNED_EVERY: Final = timedelta(hours=6)


def job_kinds(
    store: JobStore,
    uploads: UploadService,
    idempotency: IdempotencyService,
    who: Entrance,
) -> Sequence[JobKind]:
    """Return every kind of background work."""
    return (
        every(TIDIED_EVERY, "artifacts.expire_uploads", uploads.expire_uploads, batch=EXPIRED_AT_ONCE),
        every(TIDIED_EVERY, "audit.forget_keys", idempotency.forget_old, batch=audit.FORGOTTEN_AT_ONCE),
        every(TIDIED_EVERY, "access.forget_logins", who.logins.forget_old),
        every(NOTICED_EVERY, "access.notice_expiring", who.tokens.notice_expiring, batch=NOTICED_AT_ONCE),
        every(TIDIED_EVERY, "throttling.forget", who.limits.throttle.forget_old),
        every(TIDIED_EVERY, "jobs.forget", lambda: store.forget(older_than=KEPT_JOBS), batch=jobs.FORGOTTEN_AT_ONCE),
    )


def retention_kinds(logs: Auditing) -> Sequence[JobKind]:
    """Return the background work that lets go of what is old."""
    return (
        _pruning("audit.prune", logs.privacy.prune),
        _pruning("audit.prune_access_log", logs.access_log.prune),
    )


def _pruning(name: str, prune: Callable[[Callable[[], bool]], int]) -> JobKind:
    def handle(work: Work) -> Outcome:
        prune(lambda: work.stopping)
        return Again(timedelta(0) if work.stopping else _PRUNED_EVERY)

    return JobKind(name, handle, recurring=True)
