"""Files that are written whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelkeep.client.errors import UnwritableError


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give the path to write at: what is there at the end takes the place of the target; after an error nothing does.

    Raises:
        UnwritableError: it cannot be written.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise UnwritableError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
