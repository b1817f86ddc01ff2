"""Immutable bytes under keys: a local folder, S3, Google Cloud Storage or Azure behind one port."""

from modelkeep.platform.objectstore.address import Limits
from modelkeep.platform.objectstore.errors import (
    InvalidKeyError,
    InvalidRangeError,
    InvalidStoreUrlError,
    ObjectNotFoundError,
    ObjectStoreUnavailableError,
    PartSizeError,
    StagingIncompleteError,
    StagingSealedError,
    StoreFullError,
)
from modelkeep.platform.objectstore.opening import open_store
from modelkeep.platform.objectstore.store import (
    CHUNK_SIZE,
    MAX_PARTS,
    ObjectStore,
    SignedRequest,
    Staging,
    StoredObject,
)

__all__ = [
    "CHUNK_SIZE",
    "MAX_PARTS",
    "InvalidKeyError",
    "InvalidRangeError",
    "InvalidStoreUrlError",
    "Limits",
    "ObjectNotFoundError",
    "ObjectStore",
    "ObjectStoreUnavailableError",
    "PartSizeError",
    "SignedRequest",
    "Staging",
    "StagingIncompleteError",
    "StagingSealedError",
    "StoreFullError",
    "StoredObject",
    "open_store",
]
