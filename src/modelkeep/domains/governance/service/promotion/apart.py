"""Does the same for one thing after the other, by their ids, so that one that fails does not stop the others."""

import logging
from collections.abc import Callable, Iterable

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.jobs import LeaseLostError

_log = logging.getLogger(__name__)


def each_apart(ids: Iterable[str], act: Callable[[str], None]) -> frozenset[str]:
    """Do something for each id, and return those for which it was done; a failure is logged.

    Raises:
        RegistryError: the database cannot be used now, which concerns all of them.
        LeaseLostError: another process does this.
    """
    return frozenset(one for one in ids if _done(one, act))


def _done(identity: str, act: Callable[[str], None]) -> bool:
    try:
        act(identity)
    except LeaseLostError:
        raise
    except RegistryError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        _log.warning("%s is left as it is: %s: %s", identity, error.code, error.message)
        return False
    except Exception:  # noqa: BLE001 - whatever it is, it is about this one
        _log.exception("%s is left as it is", identity)
        return False
    return True
