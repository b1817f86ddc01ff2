"""What background work is observed with."""

from dataclasses import dataclass, field
from threading import Lock

from modelkeep.platform.jobs import JobStore


@dataclass
class Counted:
    """Metrics that a test can read."""

    runs: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self.runs.append((kind, outcome))

    def counted(self, status: str, number: int) -> None:
        self.numbers[status] = number


def add(store: JobStore, *keys: str, kind: str = "test", max_attempts: int = 20) -> None:
    with store.database.transaction() as tx:
        for key in keys:
            store.add(tx, kind, key, state={"key": key}, max_attempts=max_attempts)
