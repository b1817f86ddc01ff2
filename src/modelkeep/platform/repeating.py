"""Work of a process that is done every so often, on a thread of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def repeating(work: Callable[[], None], *, seconds: float, name: str) -> Iterator[None]:
    """Do something every so many seconds while this is entered, and once more when it is left.

    Args:
        work: what is done; it answers for its own errors, because one that escapes ends the repeating.
        seconds: between two times.
        name: what the thread is called.
    """
    stop = Event()

    def run() -> None:
        while not stop.wait(seconds):
            work()

    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        work()
