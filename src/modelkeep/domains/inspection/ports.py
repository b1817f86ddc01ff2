"""What an inspection is made of, behind interfaces."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from modelkeep.domains.inspection.domain.verdicts import ContentScan, Tool
from modelkeep.platform.sandbox import Allowance

INSPECTION_SECONDS: Final = 600.0
"""How long the files of one version may be scanned and read; what is left then is inconclusive."""


class Source(Protocol):
    """A file whose bytes are read where they are needed."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly these bytes, which are within the file."""


class SourceFile(NamedTuple):
    """A file of a version: its path, and its bytes."""

    path: str
    source: Source


class Scanner(Protocol):
    """Looks for what is malicious."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What looks: others than those of an inspection may come to another verdict."""

    def scan(self, files: Sequence[SourceFile], allowance: Allowance | None = None) -> ContentScan:
        """Judge the files of a version; what cannot be judged, or not in time, is inconclusive, and raises nothing.

        Raises:
            StoppedError: it was called off.
        """
