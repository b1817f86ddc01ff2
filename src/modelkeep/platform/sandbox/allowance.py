"""What several runs in the sandbox may take together."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Self

from modelkeep.kernel.errors import Kind, RegistryError


class StoppedError(RegistryError):
    """A run was called off, because the server stops: nothing is known, and it is to be done again."""

    kind = Kind.UNAVAILABLE
    code = "sandbox.stopped"


def never() -> bool:
    """Call nothing off."""
    return False


@dataclass(frozen=True, slots=True)
class Allowance:
    """Until when all runs together must have ended, as a time of `time.monotonic()`, and whether they are called off.

    `called_off` is asked at least twice a second, from the thread that waits for the guest.
    """

    until: float = inf
    called_off: Callable[[], bool] = never

    @classmethod
    def of(cls, seconds: float, called_off: Callable[[], bool] = never) -> Self:
        """Return one that begins now."""
        return cls(monotonic() + seconds, called_off)

    @property
    def spent(self) -> bool:
        """Whether there is no time left."""
        return monotonic() >= self.until

    def check(self) -> None:
        """Go on unless it was called off.

        Raises:
            StoppedError: it was.
        """
        if self.called_off():
            raise StoppedError("the server stops; ask again in a moment")
