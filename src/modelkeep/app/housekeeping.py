"""What a server tidies up from time to time: abandoned uploads, old idempotency keys."""

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from modelkeep.app.bootstrap import Services
from modelkeep.kernel.errors import RegistryError

INTERVAL_SECONDS: Final = 600.0
_log = logging.getLogger(__name__)


class Housekeeping:
    """A thread that tidies up every ten minutes while the server runs; several servers may do so at once."""

    def __init__(self, services: Services, *, interval: float = INTERVAL_SECONDS) -> None:
        """Prepare it; `interval` is in seconds."""
        self._services, self._interval = services, interval
        self._stop = Event()
        self._thread = Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the thread and wait for what it is doing."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            tidy(self._services)


def tidy(services: Services) -> None:
    """Drop expired uploads and idempotency keys; a failure is logged, and the next round tries again."""
    try:
        uploads = services.uploads.expire_uploads()
        keys = services.idempotency.forget_old()
    except RegistryError as error:
        _log.warning("housekeeping did not finish: %s", error.message)
        return
    if uploads or keys:
        _log.info("dropped %d expired uploads and %d idempotency keys", uploads, keys)
