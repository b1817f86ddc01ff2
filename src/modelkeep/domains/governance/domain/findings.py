"""What is wrong with a policy document, and where in it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys of objects and places in lists."""


class FindingSeverity(StrEnum):
    """Whether a policy with the finding can be published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the part of the document it is about, what sort it is, and what to do about it."""

    path: Path
    code: str
    message: str
    severity: FindingSeverity = FindingSeverity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether the policy cannot be published with it."""
        return self.severity is FindingSeverity.ERROR


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding, and its place in the text of the document: line and column count from 1."""

    line: int
    column: int
    finding: Finding


def warning(path: Path, code: str, message: str) -> Finding:
    """Return a finding that does not keep the policy from being published."""
    return Finding(path, code, message, FindingSeverity.WARNING)
