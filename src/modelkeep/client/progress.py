"""How a transfer tells how far it is. Drawing is the caller's business."""

import threading
from typing import Protocol

HASHING = "hashing"
UPLOADING = "uploading"
DOWNLOADING = "downloading"


class Progress(Protocol):
    """Hears of the phases of one push or pull, one after another; its calls never overlap, whatever the threads."""

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:
        """A phase begins: `hashing`, `uploading` or `downloading` so many bytes in so many files."""

    def advance(self, amount: int) -> None:
        """`amount` more bytes are done; negative where a failed try has to be repeated."""

    def done(self) -> None:
        """The phase is over; not called when it fails."""


class Silent:
    """Progress that nobody watches."""

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:
        """Ignore it."""

    def advance(self, amount: int) -> None:
        """Ignore it."""

    def done(self) -> None:
        """Ignore it."""


class OneAtATime:
    """Passes calls of several threads on to a `Progress`, one after another."""

    def __init__(self, progress: Progress | None) -> None:
        """Wrap `progress`; None is `Silent`."""
        self._progress = progress or Silent()
        self._lock = threading.Lock()

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:
        """Pass it on."""
        with self._lock:
            self._progress.start(activity, total_bytes=total_bytes, files=files)

    def advance(self, amount: int) -> None:
        """Pass it on."""
        with self._lock:
            self._progress.advance(amount)

    def done(self) -> None:
        """Pass it on."""
        with self._lock:
            self._progress.done()
