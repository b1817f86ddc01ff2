"""Files that a guest may read."""

from typing import Protocol


class Source(Protocol):
    """A file whose bytes the guest asks for; it never learns where they are kept."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly these bytes, which are within the file; what this raises ends the run and passes through."""
        ...
