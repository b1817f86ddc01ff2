"""Code of ours that reads what strangers made, in a process that can do nothing else: ADR 0029."""

from modelkeep.platform.sandbox.allowance import Allowance, StoppedError, never
from modelkeep.platform.sandbox.isolation import Isolation, Level, Mechanism
from modelkeep.platform.sandbox.limits import Limits
from modelkeep.platform.sandbox.outcomes import Completed, Failed, Failure, Outcome
from modelkeep.platform.sandbox.sandbox import Sandbox
from modelkeep.platform.sandbox.sources import Source

__all__ = [
    "Allowance",
    "Completed",
    "Failed",
    "Failure",
    "Isolation",
    "Level",
    "Limits",
    "Mechanism",
    "Outcome",
    "Sandbox",
    "Source",
    "StoppedError",
    "never",
]
