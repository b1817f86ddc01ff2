"""Settings of a server: flags, then environment variables, then the defaults of a laptop."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from modelkeep.domains.artifacts import UploadLimits
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.manifests import ManifestLimits

PREFIX: Final = "MODELKEEP_"
DEFAULT_PORT: Final = 8080


class LogFormat(StrEnum):
    """How the server writes its log."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set of a server; each field is also the variable `MODELKEEP_<FIELD>`.

    Sizes are in bytes, times in seconds.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    database_url: str = ""
    store_url: str = ""
    secret_key: str = field(default="", repr=False)
    tls_certificate: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: str = "info"
    shutdown_seconds: int = 60
    max_json_bytes: int = 64 * 1024 * 1024
    max_json_depth: int = 64
    max_files: int = 100_000
    max_file_bytes: int = 8 * 2**40
    part_bytes: int = 32 * 1024 * 1024
    database_pool: int = 16

    @classmethod
    def read(cls, environment: Mapping[str, str], **flags: object) -> Self:
        """Return the settings of flags that were given, then of the environment, then the defaults.

        Raises:
            InvalidValueError: a variable does not hold what it should.
        """
        values: dict[str, Any] = {}
        for item in fields(cls):
            text = environment.get(PREFIX + item.name.upper())
            if text:
                values[item.name] = _convert(item.name, text)
        values |= {name: value for name, value in flags.items() if value is not None}
        settings = cls(**values)
        data_dir = settings.data_dir.expanduser().resolve()
        return replace(
            settings,
            data_dir=data_dir,
            database_url=settings.database_url or f"sqlite:///{data_dir / 'modelkeep.db'}",
            store_url=settings.store_url or str(data_dir / "objects"),
        )

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the server."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host  # noqa: S104 - compared
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def upload_limits(self) -> UploadLimits:
        """The sizes of a transfer."""
        return UploadLimits(part_size=self.part_bytes)

    @property
    def manifest_limits(self) -> ManifestLimits:
        """The greatest manifest that is accepted."""
        return replace(ManifestLimits(), max_files=self.max_files, max_file_size=self.max_file_bytes)


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return `$XDG_DATA_HOME/modelkeep`, by default `~/.local/share/modelkeep`."""
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "modelkeep"


def _convert(name: str, text: str) -> object:
    default = {item.name: item.type for item in fields(Settings)}[name]
    try:
        if default is int or default == "int":
            return int(text)
        if default is bool or default == "bool":
            return _boolean(text)
        if default is LogFormat or default == "LogFormat":
            return LogFormat(text)
    except ValueError:
        raise InvalidValueError(f"{PREFIX}{name.upper()} is {text!r}; it should be of type {default}") from None
    return Path(text) if default is Path or default == "Path" else text


def _boolean(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    value = known.get(text.lower())
    if value is None:
        raise ValueError(text)
    return value
