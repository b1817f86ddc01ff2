"""Does the same for one request after the other, so that one that fails does not stop the others."""

import logging
from collections.abc import Callable, Iterable

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.jobs import LeaseLostError

_log = logging.getLogger(__name__)


def each_apart(request_ids: Iterable[str], act: Callable[[str], None]) -> frozenset[str]:
    """Do something for each request, and return those for which it was done; a failure is logged.

    Raises:
        RegistryError: the database cannot be used now, which concerns all of them.
        LeaseLostError: another process does this.
    """
    return frozenset(one for one in request_ids if _done(one, act))


def _done(request_id: str, act: Callable[[str], None]) -> bool:
    try:
        act(request_id)
    except LeaseLostError:
        raise
    except RegistryError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        _log.warning("request %s is left as it is: %s: %s", request_id, error.code, error.message)
        return False
    except Exception:  # noqa: BLE001 - whatever it is, it is about this request
        _log.exception("request %s is left as it is", request_id)
        return False
    return True
