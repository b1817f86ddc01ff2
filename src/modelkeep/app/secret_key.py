"""The key that tokens are hashed under: from the settings, or a file of the data folder made at the first start."""

import secrets
from typing import Final

from modelkeep.app.private_files import create_private, read_private
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
    return read_private(path) or create_private(path, secrets.token_hex(KEY_BYTES).encode())


def previous_secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the keys before the one in use: what is hashed under them is known still, and nothing new is hashed so.

    Raises:
        InvalidValueError: one has fewer than 32 characters.
    """
    keys = [text.strip() for text in settings.previous_secret_keys.split(",") if text.strip()]
    if any(len(key) < _MIN_LENGTH for key in keys):
        raise InvalidValueError(f"each of MODELKEEP_PREVIOUS_SECRET_KEYS needs at least {_MIN_LENGTH} characters")
    return tuple(key.encode() for key in keys)
