"""Work that several requests may wait for, done once at a time in this process."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock


class KeyedTasks:
    """Runs one task per key at a time; later callers of the same key wait for the one that runs.

    Nothing is kept of a task that has ended: the work must leave its result in the world, and be idempotent.
    """

    def __init__(self, *, workers: int, name: str) -> None:
        """Start with no threads; up to `workers` are made as tasks come."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._running: dict[str, Future[None]] = {}
        self._lock = Lock()

    def run(self, key: str, work: Callable[[], None], *, wait_seconds: float) -> bool:
        """Start or join the task and wait for it; False when it still runs after `wait_seconds`.

        Raises:
            Exception: whatever the work raised.
        """
        with self._lock:
            future = self._running.get(key)
            if future is None:
                future = self._running[key] = self._pool.submit(self._do, key, work)
        if not wait([future], timeout=wait_seconds).done:
            return False
        future.result()
        return True

    def close(self) -> None:
        """Finish what runs, and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _do(self, key: str, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:  # before the future is done: who has seen the result starts anew
                del self._running[key]
