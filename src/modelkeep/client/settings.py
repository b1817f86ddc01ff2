"""Which registry, and as whom: an argument, else the environment, else the files of settings, else this machine."""

import os
from dataclasses import dataclass, field
from typing import Final

from modelkeep.client.config_file import load_config
from modelkeep.client.credentials import load_credentials, registry_key

DEFAULT_URL: Final = "http://127.0.0.1:8080"
URL_VARIABLE: Final = "MODELKEEP_URL"
TOKEN_VARIABLE: Final = "MODELKEEP_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the registry is, and the bearer token for it; the sources say where each of the two was found."""

    url: str
    token: str | None = field(default=None, repr=False)
    source_of_url: str = "argument"
    source_of_token: str = "none"  # noqa: S105 - no token


def resolve_settings(url: str | None = None, token: str | None = None) -> Settings:
    """Return the settings that count: arguments, then the environment, the settings file, the credentials file.

    The credentials file names the registry of the last login, and without one it is `http://127.0.0.1:8080`.

    Raises:
        InvalidSettingError: an address is none, or a file is needed and broken.
    """
    chosen, source_of_url = _choose_url(url)
    address = registry_key(chosen)
    found, source_of_token = _choose_token(address, token)
    return Settings(_spelled(chosen, address), found, source_of_url, source_of_token)


def _choose_url(url: str | None) -> tuple[str, str]:
    if url:
        return url, "argument"
    if named := os.environ.get(URL_VARIABLE):
        return named, URL_VARIABLE
    if configured := load_config().get("url"):
        return configured, "settings file"
    if default := load_credentials().default:
        return default, "credentials file"
    return DEFAULT_URL, "default"


def _choose_token(address: str, token: str | None) -> tuple[str | None, str]:
    if token:
        return token, "argument"
    if named := os.environ.get(TOKEN_VARIABLE):
        return named, TOKEN_VARIABLE
    if stored := load_credentials().find(address):
        return stored, "credentials file"
    return None, "none"


def _spelled(chosen: str, address: str) -> str:
    """Keep the caller's spelling of this machine's name (certificates tell `localhost` from `127.0.0.1`)."""
    return chosen.strip().rstrip("/") if "localhost" in chosen.lower() or "[::1]" in chosen else address
