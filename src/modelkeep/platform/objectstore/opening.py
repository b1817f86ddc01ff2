"""Opens the store that an address names; a remote one loads obstore, a local one does not."""

from collections.abc import Mapping

from modelkeep.platform.objectstore.address import Limits, parse_cloud_address, parse_folder
from modelkeep.platform.objectstore.local import LocalObjectStore
from modelkeep.platform.objectstore.store import ObjectStore


def open_store(url: str, *, options: Mapping[str, str] | None = None, limits: Limits | None = None) -> ObjectStore:
    """Open a store.

    | address | store |
    |---|---|
    | `folder`, `/folder`, `file:///folder` | that folder, made if need be |
    | `s3://bucket/prefix?endpoint=URL&region=NAME` | S3 and what speaks its protocol |
    | `gs://bucket/prefix` | Google Cloud Storage |
    | `az://container/prefix?account=NAME&endpoint=URL` | Azure Blob Storage |
    | `memory://` | this process, for tests |

    Remote stores are not contacted yet: `check` does so. They take their credentials from `options` (obstore's
    configuration names, which win over the address), else from the variables AWS_*, GOOGLE_* and AZURE_*, else from the
    identity of the machine. An `http://` endpoint is allowed when it is given in the address.

    Raises:
        InvalidStoreUrlError: the address or an option is malformed; the message does not repeat it.
        ObjectStoreUnavailableError: the folder cannot be made.
    """
    folder = parse_folder(url)
    if folder is not None:
        return LocalObjectStore(folder)
    from modelkeep.platform.objectstore import cloud_opening  # noqa: PLC0415 - obstore is slow to load, and optional

    if url == "memory://":
        return cloud_opening.open_memory()
    return cloud_opening.open_cloud(parse_cloud_address(url), options or {}, limits or Limits())
