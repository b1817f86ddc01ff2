"""Background work: jobs that any process may do, and tasks that several requests of one process wait for."""

from modelkeep.platform.jobs.keyed import KeyedTasks
from modelkeep.platform.jobs.runner import JobRunner
from modelkeep.platform.jobs.store import FORGOTTEN_AT_ONCE, JobStore
from modelkeep.platform.jobs.values import (
    Again,
    Done,
    Handler,
    Job,
    JobEvent,
    JobEventKind,
    JobKind,
    JobStatus,
    LeaseLostError,
    Outcome,
    Work,
    every,
)

__all__ = [
    "FORGOTTEN_AT_ONCE",
    "Again",
    "Done",
    "Handler",
    "Job",
    "JobEvent",
    "JobEventKind",
    "JobKind",
    "JobRunner",
    "JobStatus",
    "JobStore",
    "KeyedTasks",
    "LeaseLostError",
    "Outcome",
    "Work",
    "every",
]
