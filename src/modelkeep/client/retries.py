"""When a failed call is worth another try, and how long to wait before it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from modelkeep.client.errors import ApiError
from modelkeep.client.lean_httpx import httpx

T = TypeVar("T")

TRANSIENT_STATUSES: Final = frozenset({429, 502, 503, 504})
_REFUSED_UNREAD: Final = frozenset({429, 503})
"""Statuses by which a server says that it has not begun the work."""

_jitter: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a call is tried; times in seconds.

    The wait before try n+1 is between half and all of `first_wait * factor ** (n - 1)`, or what the server's
    Retry-After asks for, as long as all waits of a call stay within `budget`.
    """

    tries: int = 5
    first_wait: float = 0.5
    factor: float = 3.0
    budget: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, operation: Callable[[], T], *, repeatable: bool) -> T:
        """Return what `operation` returns, trying again while that makes sense.

        Args:
            operation: one try; raises `httpx.TransportError` or `ApiError` when it fails.
            repeatable: whether doing it twice does no harm; otherwise only a try that never began is repeated.
        """
        waited, number = 0.0, 0
        while True:
            number += 1
            try:
                return operation()
            except (httpx.TransportError, ApiError) as error:
                wait = self._wait(error, number)
                if not _worth_it(error, repeatable=repeatable) or number >= self.tries or waited + wait > self.budget:
                    raise
            self.sleep(wait)
            waited += wait

    def _wait(self, error: Exception, number: int) -> float:
        asked = error.retry_after if isinstance(error, ApiError) else None
        longest = self.first_wait * self.factor ** (number - 1)
        return max(asked or 0.0, _jitter.uniform(longest / 2, longest))


def _worth_it(error: httpx.TransportError | ApiError, *, repeatable: bool) -> bool:
    if isinstance(error, ApiError):
        return error.status in (TRANSIENT_STATUSES if repeatable else _REFUSED_UNREAD)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError) or "CERTIFICATE" in str(error):
        return False
    return repeatable or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
