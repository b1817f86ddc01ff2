"""What the address of a store says, read without connecting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from modelkeep.platform.objectstore.errors import InvalidKeyError, InvalidStoreUrlError
from modelkeep.platform.objectstore.keys import check_prefix

_PARAMETERS: Final[Mapping[str, frozenset[str]]] = {
    "s3": frozenset({"endpoint", "region"}),
    "gs": frozenset({"endpoint"}),
    "az": frozenset({"endpoint", "account"}),
}
_FORMS: Final = (
    "Use a folder, file:///folder, s3://bucket/prefix?endpoint=URL&region=NAME, gs://bucket/prefix or "
    "az://container/prefix?account=NAME; credentials belong in the environment."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a remote store.

    `connect` bounds making a connection, `silence` the wait for the next byte of an answer. A failed request is tried
    again up to `retries` times with growing pauses, the last time at most `retry_for` after the first. So a call fails
    after `silence + retry_for` at the latest.
    """

    connect: timedelta = timedelta(seconds=5)
    silence: timedelta = timedelta(seconds=60)
    retries: int = 4
    retry_for: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A bucket or container, the prefix of all keys in it (`""` or ending with a slash), and the parameters."""

    scheme: str
    bucket: str
    prefix: str
    parameters: Mapping[str, str]


def parse_cloud_address(url: str) -> StoreAddress:
    """Read `s3://`, `gs://` or `az://`.

    Raises:
        InvalidStoreUrlError: another scheme, no bucket, an unknown parameter, or credentials in the address.
    """
    parts = _split(url)
    known = _PARAMETERS.get(parts.scheme)
    if known is None:
        raise InvalidStoreUrlError(f"This kind of store is unknown. {_FORMS}")
    if not parts.netloc or "@" in parts.netloc or ":" in parts.netloc or parts.fragment:
        raise InvalidStoreUrlError(f"A bucket name must follow {parts.scheme}://, without user or port. {_FORMS}")
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not known.issuperset(parameters) or "" in parameters.values():
        raise InvalidStoreUrlError(
            f"The parameters of {parts.scheme}:// are {' and '.join(sorted(known))}, each with a value. {_FORMS}"
        )
    try:
        prefix = check_prefix(unquote(parts.path).strip("/"))
    except InvalidKeyError as error:
        raise InvalidStoreUrlError(f"The prefix in the address of the store is not legal. {error.message}") from None
    return StoreAddress(parts.scheme, parts.netloc, prefix, parameters)


def parse_folder(url: str) -> Path | None:
    """Read a plain path or `file:///folder`; None if it is neither.

    Raises:
        InvalidStoreUrlError: the folder is empty or on another machine.
    """
    if "://" in url and not url.startswith("file://"):
        return None
    parts = _split(url) if "://" in url else SplitResult("", "", url, "", "")
    path = unquote(parts.path) if parts.scheme else parts.path
    if not path or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise InvalidStoreUrlError(f"The folder of the store must be a path on this machine. {_FORMS}")
    return Path(path)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidStoreUrlError(f"The address of the store is malformed. {_FORMS}") from None
