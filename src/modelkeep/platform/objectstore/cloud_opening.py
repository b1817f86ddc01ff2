"""Connections to S3, Google Cloud Storage and Azure Blob Storage, and a store in memory for tests."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from modelkeep.platform.objectstore.address import Limits, StoreAddress
from modelkeep.platform.objectstore.cloud import CloudObjectStore
from modelkeep.platform.objectstore.errors import InvalidStoreUrlError

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, GCSConfig, RetryConfig, S3Config

_LONGEST_REQUEST: Final = timedelta(hours=6)
_CONTENT_TYPE: Final = "application/octet-stream"
_UPLOAD: Final = {"Content-Type": _CONTENT_TYPE}
_AZURE_UPLOAD: Final = {**_UPLOAD, "x-ms-blob-type": "BlockBlob"}
_PROBE: Final = Limits(connect=timedelta(seconds=2), silence=timedelta(seconds=5), retries=0)

# what obstore calls the parameters of an address
_SETTING: Final = {"account": "account_name"}
_GOOGLE_SETTING: Final = {"endpoint": "base_url"}


def open_memory() -> CloudObjectStore:
    """Open a store in the memory of this process, for tests: it runs the code of the remote stores."""
    memory = MemoryStore()
    return CloudObjectStore(memory, memory)


def open_cloud(address: StoreAddress, options: Mapping[str, str], limits: Limits) -> CloudObjectStore:
    """Prepare the connection to the bucket or container of the address; nothing is sent yet.

    Credentials come from `options` (obstore's configuration names), else from the variables AWS_*, GOOGLE_* and
    AZURE_*, else from the identity of the machine.

    Raises:
        InvalidStoreUrlError: a setting is unknown or malformed.
    """
    try:
        store, probe = _connect(address, options, limits), _connect(address, options, _PROBE)
    except (BaseError, ValueError):
        raise InvalidStoreUrlError(
            f"The {address.scheme}:// store cannot be opened: check the parameters of its address, and the options or "
            "variables that hold its credentials."
        ) from None
    headers = _AZURE_UPLOAD if address.scheme == "az" else _UPLOAD
    return CloudObjectStore(store, probe, store, headers, address.prefix)


def _connect(address: StoreAddress, options: Mapping[str, str], limits: Limits) -> S3Store | GCSStore | AzureStore:
    names = _GOOGLE_SETTING if address.scheme == "gs" else _SETTING
    config = {names.get(name, name): value for name, value in address.parameters.items()} | dict(options)
    client: ClientConfig = {
        "connect_timeout": limits.connect,
        "read_timeout": limits.silence,
        "timeout": _LONGEST_REQUEST,  # of a whole body, which may be slow and long; silence ends it sooner
        "default_content_type": _CONTENT_TYPE,
        "user_agent": "modelkeep",
    }
    if address.parameters.get("endpoint", "").startswith("http://"):
        client["allow_http"] = True
    retry: RetryConfig = {"max_retries": limits.retries, "retry_timeout": limits.retry_for}
    match address.scheme:
        case "s3":
            s3 = cast("S3Config", config)
            return S3Store(address.bucket, config=s3, client_options=client, retry_config=retry)
        case "gs":
            google = cast("GCSConfig", config)
            return GCSStore(address.bucket, config=google, client_options=client, retry_config=retry)
        case _:
            azure = cast("AzureConfig", config)
            return AzureStore(address.bucket, config=azure, client_options=client, retry_config=retry)
