"""Identifiers: UUID version 7, so that ids made later sort later and indexes grow at their end."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from modelkeep.kernel.clock import Clock, system_clock

IdSource = Callable[[], str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
# The 74 free bits (rand_a and rand_b) are one counter: it starts at random in its lower half and takes random steps.
_COUNTER_BITS: Final = 74
_RAND_B_BITS: Final = 62


class _Uuid7Source:
    """A monotonic source: RFC 9562 section 6.2, method 2 (monotonic random)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._millisecond = -1
        self._counter = 0

    def __call__(self) -> str:
        now = (self._clock() - _EPOCH) // _MILLISECOND
        seed = int.from_bytes(os.urandom(10), "big")
        with self._lock:
            if now > self._millisecond:
                self._millisecond, self._counter = now, seed >> 7
            else:
                self._counter += 1 + (seed >> 48)
                if self._counter >> _COUNTER_BITS:
                    self._millisecond, self._counter = self._millisecond + 1, seed >> 7
            millisecond, counter = self._millisecond, self._counter
        return _canonical(millisecond, counter)


def _canonical(millisecond: int, counter: int) -> str:
    rand_a, rand_b = counter >> _RAND_B_BITS, counter & ((1 << _RAND_B_BITS) - 1)
    digits = f"{millisecond:012x}7{rand_a:03x}{(0b10 << _RAND_B_BITS) | rand_b:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid7(clock: Clock = system_clock) -> IdSource:
    """Return a source of canonical lower-case version 7 UUIDs, each greater than the one before.

    The source may be shared by threads. When the clock stands still or goes back, the ids go on from the last one;
    between processes only the 74 random bits keep ids apart. Source: RFC 9562, sections 5.7 and 6.2.
    """
    return _Uuid7Source(clock)


new_id: Final[IdSource] = uuid7()
"""The id source of this process, on the system clock."""
