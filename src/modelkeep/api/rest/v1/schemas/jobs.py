"""Background jobs on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import Out, ReceiptOut, Timestamp
from modelkeep.domains.events import Job, JobHistory, JobStatus
from modelkeep.kernel.events import Receipt


class JobEventOut(Out):
    """One line of a job's history."""

    at: Timestamp
    kind: str
    detail: str


class JobOut(Out):
    """A background job; `events` are the last lines of its history, when one job is read."""

    id: str
    kind: str
    key: str
    status: JobStatus
    run_at: Timestamp
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: Timestamp
    changed_at: Timestamp
    events: list[JobEventOut] = Field(default_factory=list)
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, job: Job, history: JobHistory | None = None, receipt: Receipt | None = None) -> Self:
        """Present a job."""
        lines = () if history is None else history.events
        return cls(
            id=job.id,
            kind=job.kind,
            key=job.key,
            status=job.status,
            run_at=job.run_at,
            attempts=job.attempts,
            max_attempts=job.max_attempts,
            last_error=job.last_error,
            created_at=job.created_at,
            changed_at=job.changed_at,
            events=[JobEventOut(at=line.at, kind=line.kind, detail=line.detail) for line in lines],
            audit=ReceiptOut.of(receipt),
        )
