"""Secrets in files of the data folder that only its owner reads."""

import contextlib
import os
from pathlib import Path


def read_private(path: Path) -> bytes | None:
    """Return what a file holds, None if there is none."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def create_private(path: Path, content: bytes) -> bytes:
    """Write a new file; when another process was faster, return what that one wrote."""
    temporary = _written(path, content)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
    return path.read_bytes()


def replace_private(path: Path, content: bytes) -> None:
    """Write a file in place of another one, at once."""
    _written(path, content).replace(path)


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(content)
    return temporary
