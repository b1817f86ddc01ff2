"""Where a run keeps its files: scratch folders beside each other on one disk, and a cache that stays."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How a run was asked for."""

    quick: bool = False
    large: bool = False
    postgresql: bool = False


def cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/modelkeep-bench`: the environment of the server that is compared with."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = home / "modelkeep-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Lend a folder on the disk of the temporary files (TMPDIR), and remove it."""
    folder = Path(tempfile.mkdtemp(prefix=f"modelkeep-bench-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def command(name: str) -> str:
    """Return the path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))


def say(text: str) -> None:
    """Tell the person who waits what is going on; the tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)
