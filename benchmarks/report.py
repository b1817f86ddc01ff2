"""Tables of results, and the machine they were measured on."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Table:
    """One table of results in Markdown."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row, and show at once that the run goes on."""
        self.rows.append(tuple(str(cell) for cell in cells))

    def markdown(self) -> str:
        """Return the table with its title and notes."""
        lines = [f"### {self.title}", "", _row(self.columns), _row("---" for _ in self.columns)]
        lines += [_row(row) for row in self.rows]
        if self.notes:
            lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def machine() -> str:
    """Describe the machine in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, load average {load()}"


def load() -> str:
    """Return the load average of the last minute: how much else the machine was doing."""
    return f"{os.getloadavg()[0]:.1f}"


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def times(ours: float, theirs: float) -> str:
    """Return how many times the one is of the other."""
    return f"**{ours / theirs:.2f}x**" if theirs else "-"


def megabytes(size: float) -> str:
    """Return a number of bytes in MB."""
    return f"{size / 1e6:,.0f} MB"
