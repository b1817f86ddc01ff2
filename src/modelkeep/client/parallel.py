"""The same work on many items in a few threads, ended by the first failure."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DEFAULT_WORKERS: Final = 4


class StoppedError(Exception):
    """Raised inside a worker whose work another one's failure, or the user, has made pointless."""


class Stop:
    """Tells the workers of one transfer to give up; long work asks between two chunks."""

    def __init__(self) -> None:
        """Start unset."""
        self._event = threading.Event()

    def set(self) -> None:
        """Ask every worker to give up."""
        self._event.set()

    def check(self) -> None:
        """Go on, or give up.

        Raises:
            StoppedError: somebody has called `set`.
        """
        if self._event.is_set():
            raise StoppedError


def for_each(work: Callable[[T], None], items: Iterable[T], *, stop: Stop, workers: int = DEFAULT_WORKERS) -> None:
    """Call `work` for each item, in the order of the items, in up to `workers` threads; return when all is done.

    The first exception sets `stop` and is raised here when every worker has ended; so is an interrupt by the user, at
    once. Threads are daemons: one that hangs in a read does not keep a dying process alive.
    """
    run = _Run(work, iter(items), stop)
    threads = [threading.Thread(target=run.drain, name=f"modelkeep-{number}", daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        raise
    if run.failure is not None:
        raise run.failure


class _Run(Generic[T]):
    def __init__(self, work: Callable[[T], None], items: Iterator[T], stop: Stop) -> None:
        self._work = work
        self._items = items
        self._stop = stop
        self._lock = threading.Lock()
        self.failure: BaseException | None = None

    def drain(self) -> None:
        """Work until the items, or the reasons to go on, have run out."""
        try:
            while True:
                self._stop.check()
                with self._lock:
                    try:
                        item = next(self._items)
                    except StopIteration:
                        return
                self._work(item)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for all
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self.failure is None or isinstance(self.failure, StoppedError):
                self.failure = error
        self._stop.set()
