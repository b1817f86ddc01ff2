"""The keys of the scanners of secrets whose alerts a server believes."""

from base64 import b64decode
from pathlib import Path

from modelkeep.app.settings import Settings
from modelkeep.domains.access import AlertKey
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.signing import PublicKey


def load_leak_keys(settings: Settings) -> tuple[AlertKey, ...]:
    """Return the keys in `MODELKEEP_LEAK_KEYS`, or in the PEM file that it names; those of a file have no names.

    Raises:
        InvalidValueError: one is malformed or of another kind, or the file cannot be read or holds none.
    """
    given = settings.leak_keys.strip()
    try:
        if "=" in given:
            return tuple(_named(entry.strip()) for entry in given.split(",") if entry.strip())
        return _unnamed(Path(given).expanduser()) if given else ()
    except (InvalidValueError, ValueError, OSError) as error:
        raise InvalidValueError(
            "MODELKEEP_LEAK_KEYS should be NAME=KEY[,NAME=KEY…] with public keys on P-256, P-384 or P-521 as base64 of "
            f"their DER, or the path of a PEM file that has such keys ({type(error).__name__})"
        ) from error


def _unnamed(path: Path) -> tuple[AlertKey, ...]:
    keys = PublicKey.all_from_pem(path.read_bytes())
    if not keys:
        raise ValueError(path)
    return tuple(AlertKey("", key) for key in keys)


def _named(entry: str) -> AlertKey:
    name, _, key = entry.partition("=")
    if not name:
        raise ValueError(entry)
    return AlertKey(name, PublicKey.from_der(b64decode(key, validate=True)))
