"""How a run in the sandbox ends."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from modelkeep.kernel.canonical_json import Json


class Failure(StrEnum):
    """Why there is no answer."""

    CPU = "cpu"
    CRASHED = "crashed"
    ERROR = "error"
    MEMORY = "memory"
    OVERSIZED = "oversized"
    TIMEOUT = "timeout"
    UNCONFINED = "unconfined"


@dataclass(frozen=True, slots=True)
class Completed:
    """The guest answered. What it says was made from bytes of strangers: JSON within bounds, no more is known."""

    value: Json


@dataclass(frozen=True, slots=True)
class Failed:
    """The guest gave no answer."""

    failure: Failure
    detail: str = ""


Outcome: TypeAlias = Completed | Failed
