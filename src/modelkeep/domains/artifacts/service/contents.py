"""Hands stored artifacts out: manifests, their files, and the bytes of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Lock

from cachetools import LRUCache

from modelkeep.domains.artifacts.domain import LINK_LIFE, CorruptBlobError, SignedRequest, blob_key
from modelkeep.domains.artifacts.repository import ArtifactRepository
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry, Manifest
from modelkeep.platform.database import Database
from modelkeep.platform.objectstore import ObjectNotFoundError, ObjectStore

CHUNK_BYTES = 1024 * 1024
"""How much of a blob is in memory at once, for each reader."""

CACHED_FILES = 200_000
"""How many files of recently read manifests are remembered in all."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob in the object store, open for reading."""

    digest: Digest
    size: int
    store: ObjectStore = field(repr=False)

    def link(self) -> SignedRequest | None:
        """Return a presigned download that is good for an hour, for a store that can sign."""
        return self.store.sign_get(blob_key(self.digest), expires_in=LINK_LIFE)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a half-open range.

        Raises:
            CorruptBlobError: the object is gone, or cut short: raised by the call itself where the first chunks tell.
        """
        if start == end:
            return iter(())
        try:
            chunks = self.store.read(blob_key(self.digest), start=start, end=end, chunk_size=CHUNK_BYTES)
        except ObjectNotFoundError as error:
            raise lost(self.digest) from error
        begun = list(islice(chunks, 2))
        if len(begun) < 2 and sum(map(len, begun)) < end - start:  # noqa: PLR2004 - it has ended already
            raise cut_short(self.digest)
        return self._counted(chain(begun, chunks), end - start)

    def _counted(self, chunks: Iterator[bytes], length: int) -> Iterator[bytes]:
        for chunk in chunks:
            length -= len(chunk)
            yield chunk
        if length:
            raise cut_short(self.digest)


def lost(digest: Digest) -> CorruptBlobError:
    """Return the error for a blob that is recorded and whose bytes are gone."""
    return CorruptBlobError(
        f"blob {digest} is recorded but its bytes are gone from the object store; restore it from a backup",
        digest=str(digest),
    )


def cut_short(digest: Digest) -> CorruptBlobError:
    """Return the error for a blob whose object has fewer bytes than were stored."""
    return CorruptBlobError(
        f"blob {digest} has lost bytes in the object store; restore it from a backup", digest=str(digest)
    )


@dataclass(frozen=True, slots=True)
class ArtifactService:
    """Manifests and blobs that are stored; whether an actor may read them is for the domain above to say."""

    database: Database
    store: ObjectStore
    _manifests: "LRUCache[Digest, dict[str, FileEntry]]" = field(
        default_factory=lambda: LRUCache(maxsize=CACHED_FILES, getsizeof=len), repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    def files(self, manifest: Digest) -> dict[str, FileEntry]:
        """Return the files of an artifact by path; manifests never change, so that recent ones are remembered."""
        with self._lock:
            known = self._manifests.get(manifest)
        if known is None:
            known = {entry.path: entry for entry in Manifest.parse(self.document(manifest)).files}
            with self._lock:
                if len(known) <= CACHED_FILES:
                    self._manifests[manifest] = known
        return known

    def document(self, manifest: Digest) -> bytes:
        """Return a manifest, byte for byte."""
        with self.database.snapshot() as tx:
            return ArtifactRepository(tx).document(manifest)

    def keep(self, data: bytes) -> None:
        """Put bytes that are small enough for memory into the object store.

        They count as stored once the use case's transaction records them: see `ArtifactOperations.adopt`.
        """
        self.store.put({blob_key(Digest.of(data)): data})

    def problems(self, manifest: Digest) -> tuple[str, ...]:
        """Return the paths of an artifact's files that the object store does not hold, or not with their size."""
        sizes: dict[Digest, int | None] = {}
        for entry in self.files(manifest).values():
            if entry.digest not in sizes:
                found = self.store.find(blob_key(entry.digest))
                sizes[entry.digest] = None if found is None else found.size
        return tuple(path for path, entry in self.files(manifest).items() if sizes[entry.digest] != entry.size)

    def blob(self, entry: FileEntry) -> StoredBlob:
        """Open a file of an artifact for reading."""
        return StoredBlob(entry.digest, entry.size, self.store)
