"""Background jobs over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from modelkeep.api.rest.dependencies import CurrentCall, RequestedPage
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.jobs import JobOut
from modelkeep.domains.events import JobStatus

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=RegistryRoute)

JobId = Annotated[str, Path(description="The id of the job")]


@router.get("", response_model=ListOut[JobOut])
def list_jobs(
    call: CurrentCall,
    page: RequestedPage,
    status: Annotated[JobStatus, Query(description="Where they stand")] = JobStatus.DEAD,
) -> dict[str, Any]:
    """List the background jobs of a status, the newest first."""
    return page_out(call.services.events.jobs.list(call.actor, status, page), JobOut.of)


@router.get("/{job}")
def get_job(job: JobId, call: CurrentCall) -> JobOut:
    """Return a background job and the last lines of its history."""
    found = call.services.events.jobs.get(call.actor, job)
    return JobOut.of(found.job, found)


@router.post("/{job}/retry")
def retry_job(job: JobId, call: CurrentCall) -> JobOut:
    """Make a dead job ready again."""
    retried = call.services.events.jobs.retry(call.actor, job)
    return JobOut.of(retried.value.job, receipt=retried.receipt)


@router.post("/{job}/cancel")
def cancel_job(job: JobId, call: CurrentCall) -> JobOut:
    """Take a job that is ready or dead out of the queue for good."""
    cancelled = call.services.events.jobs.cancel(call.actor, job)
    return JobOut.of(cancelled.value.job, receipt=cancelled.receipt)
