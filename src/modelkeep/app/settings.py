"""Settings of a server: flags, then environment variables, then the defaults of a laptop."""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import timedelta
from enum import EnumType, StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Self

from modelkeep.domains.access import LimitNumbers
from modelkeep.domains.artifacts import UploadLimits
from modelkeep.domains.governance import SHIPPED
from modelkeep.domains.inspection import AllowList
from modelkeep.kernel.canonical_json import MAX_INTEGER
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.manifests import ManifestLimits
from modelkeep.platform.outbound_http import OutboundPolicy

PREFIX: Final = "MODELKEEP_"
DEFAULT_PORT: Final = 8080
MAX_PORT: Final = 65_535

_EXPECTED: Final[Mapping[Any, str]] = {bool: "true or false", int: "a whole number from 1 up that is not too large"}


class LogFormat(StrEnum):
    """How the server writes its log."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """What the server writes to its log, and what is more important than that."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set of a server; each field is also the variable `MODELKEEP_<FIELD>`.

    Sizes are in bytes, times in seconds.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    workers: int = 1
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    database_url: str = ""
    store_url: str = ""
    secret_key: str = field(default="", repr=False)
    previous_secret_keys: str = field(default="", repr=False)
    leak_keys: str = ""
    log_key: str = field(default="", repr=False)
    log_name: str = ""
    signing_key: str = field(default="", repr=False)
    anchors: str = field(default="", repr=False)
    frameworks_dir: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    trusted_proxies: str = "127.0.0.1,::1"
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: LogLevel = LogLevel.INFO
    shutdown_seconds: int = 60
    head_seconds: int = 20
    max_json_bytes: int = 64 * 1024 * 1024
    max_json_depth: int = 64
    max_files: int = 100_000
    max_file_bytes: int = 8 * 2**40
    part_bytes: int = 32 * 1024 * 1024
    database_pool: int = 16
    outbound_allow: str = ""
    scan_allow: str = ""
    logins_per_user: int = 5
    logins_per_address: int = 20
    logins: int = 1000
    token_failures: int = 30
    mints: int = 60
    mints_per_address: int = 120
    searches: int = 6000
    exports: int = 60
    policy: str = ""
    audit_retention_days: int = 3650
    access_log_retention_days: int = 365

    @classmethod
    def read(cls, environment: Mapping[str, str], **flags: object) -> Self:
        """Return the settings of flags that were given, then of the environment, then the defaults.

        Raises:
            InvalidValueError: a flag or a variable does not hold what it should.
        """
        known = {item.name: item for item in fields(cls)}
        given: dict[str, Any] = {name: environment.get(PREFIX + name.upper()) for name in known}
        given |= {name: flag for name, flag in flags.items() if flag is not None}
        values = {name: _convert(known[name], value) for name, value in given.items() if value not in (None, "")}
        settings = cls(**values)
        data_dir = settings.data_dir.expanduser().resolve()
        return replace(
            settings,
            public_url=(settings.public_url or settings.url).rstrip("/"),
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
    def first_policy(self) -> str:
        """The policy that governs a new registry.

        Raises:
            InvalidValueError: it is none that ships.
        """
        chosen = self.policy or SHIPPED[0]
        if chosen not in SHIPPED:
            raise InvalidValueError(f"MODELKEEP_POLICY is {chosen!r}; it should be one of {', '.join(SHIPPED)}")
        return chosen

    @property
    def audit_retention(self) -> timedelta:
        """How long the bodies of audit entries are kept at least."""
        return timedelta(days=self.audit_retention_days)

    @property
    def upload_limits(self) -> UploadLimits:
        """The sizes of a transfer."""
        return UploadLimits(part_size=self.part_bytes)

    @property
    def manifest_limits(self) -> ManifestLimits:
        """The greatest manifest that is accepted."""
        return replace(ManifestLimits(), max_files=self.max_files, max_file_size=self.max_file_bytes)

    @property
    def request_limits(self) -> LimitNumbers:
        """How often may be asked for what is worth guarding."""
        return LimitNumbers(**{item.name: getattr(self, item.name) for item in fields(LimitNumbers)})

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of the proxies that are believed; none unless there is one in front.

        Raises:
            InvalidValueError: an entry is no address and no network.
        """
        entries = [entry.strip() for entry in self.trusted_proxies.split(",")] if self.behind_proxy else []
        for entry in entries:
            try:
                ip_network(entry)
            except ValueError:
                raise InvalidValueError(
                    f"MODELKEEP_TRUSTED_PROXIES holds {entry!r}; list addresses, and networks such as 10.0.0.0/8"
                ) from None
        return entries

    @property
    def outbound_policy(self) -> OutboundPolicy:
        """Which addresses the server sends requests to.

        Raises:
            InvalidValueError: the list of what is allowed is malformed.
        """
        return OutboundPolicy.parse(self.outbound_allow)

    @property
    def allowed_names(self) -> AllowList:
        """Which names pickles may use.

        Raises:
            InvalidValueError: the list is malformed, or holds what runs code.
        """
        return AllowList.parse(filter(None, map(str.strip, self.scan_allow.split(","))))


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return `$XDG_DATA_HOME/modelkeep`, by default `~/.local/share/modelkeep`."""
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "modelkeep"


def _convert(item: "Field[Any]", given: object) -> Any:  # noqa: ANN401 - what the setting holds
    """Return a flag, or the text of a variable, as the type of its setting."""
    kind: Any = _boolean if item.type is bool else item.type
    greatest = MAX_PORT if item.name == "port" else MAX_INTEGER
    try:
        value: Any = kind(given) if isinstance(given, str) else given
    except ValueError:
        value = None
    if value is None or (kind is int and not 1 <= value <= greatest):
        known = f"one of {', '.join(kind)}" if isinstance(kind, EnumType) else _EXPECTED[item.type]
        raise InvalidValueError(f"{PREFIX}{item.name.upper()} is {given!r}; it should be {known}")
    return value


def _boolean(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    value = known.get(text.lower())
    if value is None:
        raise ValueError(text)
    return value
