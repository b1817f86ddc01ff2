"""The file that keeps the tokens of registries: what `modelkeep login` and a server's first start write.

`$XDG_CONFIG_HOME/modelkeep/credentials.json` (by default under `~/.config`), readable by its owner only:

    {"default": "<url>", "registries": {"<url>": {"token": "mkp_…", "issued": true}}}

`issued` says that the token was made for this file alone, by a login.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from modelkeep.client.errors import InvalidSettingError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the file holds: the token of each registry by its address, and the address meant when none is named."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    default: str | None = None
    issued: frozenset[str] = frozenset()
    """The addresses of the registries whose token was made for this file alone."""

    def find(self, url: str) -> str | None:
        """Return the token for a registry, or None."""
        return self.tokens.get(registry_key(url))


def credentials_path() -> Path:
    """Return where the file is, or would be."""
    return config_home() / "credentials.json"


def config_home() -> Path:
    """Return the folder of the client's settings, by the XDG base directory specification."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".config") / "modelkeep"


def registry_key(url: str) -> str:
    """Return the one spelling of a registry's address under which its token is kept.

    Host names are lower case, default ports and final slashes are gone, and the names of this machine are one.

    Raises:
        InvalidSettingError: it is no http or https address.
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if host in _LOOPBACK:
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    if parts.port is not None and parts.port != _DEFAULT_PORTS[parts.scheme]:
        shown = f"{shown}:{parts.port}"
    return f"{parts.scheme}://{shown}{parts.path.rstrip('/')}"


def load_credentials(path: Path | None = None) -> Credentials:
    """Read the file; without one, nothing is known.

    Raises:
        InvalidSettingError: the file cannot be read, or is not in its format.
    """
    path = path or credentials_path()
    document = _read(path)
    tokens = {url: _token(path, entry) for url, entry in _registries(path, document).items()}
    default = document.get("default")
    issued = frozenset(url for url, entry in _registries(path, document).items() if _is_issued(entry))
    return Credentials(tokens, default if isinstance(default, str) else None, issued)


def find_credential(url: str, *, path: Path | None = None) -> str | None:
    """Return the stored token for a registry, or None.

    Raises:
        InvalidSettingError: the file cannot be read, or the address is none.
    """
    return load_credentials(path).find(url)


def save_credential(
    url: str, token: str, *, make_default: bool = False, issued: bool = False, path: Path | None = None
) -> Path:
    """Store the token of a registry, in place of an earlier one; return the file.

    The first registry stored becomes the default, later ones with `make_default`. Whatever else the file holds stays.
    An `issued` token was made for this file alone: nothing else stops working when it is revoked.

    Raises:
        InvalidSettingError: the existing file is not in its format, or the address is none.
    """
    key = registry_key(url)
    path = path or credentials_path()
    with _locked(path):
        document = _read(path)
        document["registries"] = {
            **_registries(path, document),
            key: {"token": token, **({"issued": True} if issued else {})},
        }
        if make_default or not isinstance(document.get("default"), str):
            document["default"] = key
        _write(path, document)
    return path


def remove_credential(url: str, *, path: Path | None = None) -> bool:
    """Forget the token of a registry; return whether there was one.

    Raises:
        InvalidSettingError: the file is not in its format, or the address is none.
    """
    key = registry_key(url)
    path = path or credentials_path()
    if not path.exists():
        return False
    with _locked(path):
        document = _read(path)
        registries = dict(_registries(path, document))
        known = registries.pop(key, None) is not None
        document["registries"] = registries
        if document.get("default") == key:
            document["default"] = next(iter(registries), None)
        _write(path, document)
    return known


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        legal = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        legal = False
    if not legal or parts.query or parts.fragment or parts.username is not None:
        raise InvalidSettingError(
            f"{url!r} is not the address of a registry: write http://host:port or https://host, without user name, "
            "query or fragment."
        )
    return parts


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if not isinstance(document, dict):
        raise _broken(path, "it is not a JSON object")
    return document


def _registries(path: Path, document: Mapping[str, object]) -> Mapping[str, object]:
    registries = document.get("registries", {})
    if not isinstance(registries, dict):
        raise _broken(path, "'registries' is not an object")
    return registries


def _token(path: Path, entry: object) -> str:
    token = entry.get("token") if isinstance(entry, dict) else None
    if not isinstance(token, str):
        raise _broken(path, "an entry of 'registries' has no token")
    return token


def _is_issued(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("issued") is True


def _broken(path: Path, reason: str) -> InvalidSettingError:
    return InvalidSettingError(
        f"The credentials file {path} cannot be used ({reason}): repair or delete it, then run 'modelkeep login'.",
        path=str(path),
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep two writers (a server's first start, a login) from losing each other's entry."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, document: Mapping[str, object]) -> None:
    """Replace the file as a whole; at no time is it readable by others, or half written."""
    descriptor, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
