"""Failures of a remote store, told without repeating its words: they hold addresses, signatures and key ids."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from obstore.exceptions import BaseError

from modelkeep.platform.objectstore.errors import ObjectStoreUnavailableError, StoreFullError

FAILURES: Final = (BaseError, OSError, ValueError)
_STATUS: Final = re.compile(r"status code: (\d{3}[A-Za-z ]*)")
# the last form is the Azure emulator's
_PAST_END: Final = re.compile(r"status code: 416|Wanted range starting at|bytes 0--1/0")
_CODE: Final = re.compile(r"<Code>(\w{1,64})</Code>")
_FULL: Final = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull"})
_DENIED: Final = ("401", "403")


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn a failure of obstore in the block, which must run nobody else's code, into an error of the store.

    A missing object is a `FileNotFoundError`, which the caller must have dealt with: here it means that the bucket is
    missing.

    Raises:
        StoreFullError: the store says that no space or quota is left.
        ObjectStoreUnavailableError: anything else.
    """
    try:
        yield
    except FAILURES as error:
        raise failure(operation, error) from None


def failure(operation: str, error: BaseException) -> ObjectStoreUnavailableError:
    """Say what could not be done, with the status and the error code of the answer if there was one."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    found = [match[1].strip() for match in (status, code) if match is not None]
    if any(word in _FULL for word in found) or (found and found[0].startswith("507")):
        return StoreFullError(
            f"The object store could not {operation}: no space or quota is left ({', '.join(found)}). Free some space "
            "or raise the quota, then try again."
        )
    return ObjectStoreUnavailableError(
        f"The object store could not {operation}: {_reason(found)}, then try again.", answer=found
    )


def is_past_end(error: BaseException) -> bool:
    """Tell whether the object exists but has no byte in the range asked for."""
    return _PAST_END.search(str(error)) is not None


def _reason(found: list[str]) -> str:
    if not found:
        return "it did not answer. Check its address and that it runs"
    if "InvalidBlockList" in found:
        return "another writer of the same object finished first. Wait a moment"
    advice = "its credentials and rights" if found[0].startswith(_DENIED) else "its address, its bucket and its state"
    return f"it answered {', '.join(found)}. Check {advice}"
