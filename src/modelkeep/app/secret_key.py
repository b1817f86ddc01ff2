"""The key that tokens are hashed under: from the settings, or a file of the data folder made at the first start."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from modelkeep.app.settings import Settings
from modelkeep.kernel.errors import InvalidValueError

KEY_BYTES: Final = 32
_MIN_LENGTH: Final = 32


def load_secret_key(settings: Settings) -> bytes:
    """Return the key; servers of one database must share it, so set it where there are several.

    Raises:
        InvalidValueError: the key that is set has fewer than 32 characters.
    """
    if settings.secret_key:
        if len(settings.secret_key) < _MIN_LENGTH:
            raise InvalidValueError(f"MODELKEEP_SECRET_KEY needs at least {_MIN_LENGTH} characters, random ones")
        return settings.secret_key.encode()
    path = settings.data_dir / "secret-key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return _create(path)


def _create(path: Path) -> bytes:
    """Write a new key readable by its owner only; when another process was faster, take that one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(secrets.token_hex(KEY_BYTES).encode())
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
    return path.read_bytes()
