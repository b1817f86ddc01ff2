"""Progress of a push or pull on standard error: a bar with speed and remaining time, where that is a terminal."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_BAR_WIDTH = 24


class TransferProgress:
    """Hears of one transfer, remembers how much there was of each activity, and draws it for whoever watches.

    It is the client's `Progress`; its calls come one after another, perhaps from several threads.
    """

    def __init__(self) -> None:
        """Draw nothing yet."""
        self.totals: dict[str, int] = {}
        """Bytes of each activity: `hashing`, `uploading`, `downloading`."""
        self._bars: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Make room for a bar where there is a terminal."""
        if sys.stderr.isatty():
            self._bars = _bars()
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the bar away; whoever interrupts a transfer learns that nothing is lost."""
        if self._bars is not None:
            self._bars.stop()
        if isinstance(error, KeyboardInterrupt):
            click.echo("\nWhat has been transferred is kept: run the same command again to go on.", err=True)

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:  # noqa: ARG002 - part of the protocol
        """Begin a phase."""
        self.totals[activity] = total_bytes
        if self._bars is None:
            return
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(activity.capitalize(), total=total_bytes)

    def advance(self, amount: int) -> None:
        """Count bytes that are done."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, amount)

    def done(self) -> None:
        """End a phase."""
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=self.totals[next(reversed(self.totals))])


def _bars() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - drawn on terminals only
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(bar_width=_BAR_WIDTH),
        TaskProgressColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
