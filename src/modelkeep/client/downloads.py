"""Fetching the files of a version into the cache: small ones many at a time, large ones in parallel ranges.

Nothing enters the cache before its bytes have the digest that the manifest gives them.
"""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import quote

from modelkeep.client.cache import Cache
from modelkeep.client.errors import CorruptError, CorruptFileError, DiskFullError, UnexpectedAnswerError
from modelkeep.client.http import Call, HttpSession
from modelkeep.client.lean_httpx import httpx
from modelkeep.client.parallel import DEFAULT_WORKERS, Stop, for_each
from modelkeep.client.partials import PartialFile, Segment, open_partial
from modelkeep.client.progress import DOWNLOADING, OneAtATime
from modelkeep.kernel.blob_frames import BlobFrame, InvalidFrameError, read_frames
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry, Manifest

T = TypeVar("T")

SMALL: Final = 1024 * 1024
"""The greatest size, in bytes, of a file that travels in a batch."""
SEGMENT_SIZE: Final = 64 * 1024 * 1024
"""What one request fetches of a large file, in bytes: what a killed pull loses at most for each worker."""

_BATCH_BYTES: Final = 8 * 1024 * 1024
_BATCH_FILES: Final = 1000
_CORRUPT_BLOB: Final = "artifacts.corrupt_blob"
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Source:
    """Where a version's files come from: `base` is its path below `/api/v1`, `as_of` the time it was there, if past."""

    session: HttpSession
    base: str
    as_of: str | None = None

    def file(self, entry: FileEntry, headers: Mapping[str, str]) -> Call:
        """Return the call for one file."""
        return Call("GET", f"{self.base}/files/{quote(entry.path)}", {"as_of": self.as_of}, headers)

    def batch(self, digests: Iterable[Digest]) -> Call:
        """Return the call for many small files."""
        body = {"digests": [str(digest) for digest in digests]}
        return Call("POST", f"{self.base}/blobs", {"as_of": self.as_of}, _AS_IT_IS, body)


@dataclass(frozen=True)
class Download:
    """One version's files on their way into a cache."""

    source: Source
    cache: Cache
    watcher: OneAtATime
    workers: int = DEFAULT_WORKERS
    stop: Stop = field(default_factory=Stop)

    def run(self, manifest: Manifest) -> None:
        """Fetch what the cache lacks.

        Raises:
            CorruptFileError: a file came with other bytes than its digest says.
            DiskFullError: the cache's disk has no room for what is missing.
            ApiError: the server refused.
            ServerUnreachableError: the connection was lost, and did not come back.
        """
        missing = self._missing(manifest)
        total = sum(entry.size for entry in missing)
        self._check_room(total)
        self.watcher.start(DOWNLOADING, total_bytes=total, files=len(missing))
        self._in_threads(self._batch, _batches(entry for entry in missing if entry.size <= SMALL))
        self._in_threads(self._single, [entry for entry in missing if SMALL < entry.size <= SEGMENT_SIZE])
        for entry in missing:
            if entry.size > SEGMENT_SIZE:
                self._single(entry)
        self.watcher.done()

    def _missing(self, manifest: Manifest) -> list[FileEntry]:
        """Return one entry for each content that is not cached."""
        wanted = {entry.digest: entry for entry in reversed(manifest.files)}
        return [entry for entry in reversed(wanted.values()) if self.cache.find(entry.digest, entry.size) is None]

    def _check_room(self, needed: int) -> None:
        folder = next(path for path in (self.cache.root, *self.cache.root.parents) if path.exists())
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise DiskFullError(
                f"{needed} bytes are to be downloaded, and the disk of {folder} has room for {free}: make room, or set "
                "XDG_CACHE_HOME to a folder on another disk.",
                needed=needed,
                free=free,
            )

    def _in_threads(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        for_each(work, items, stop=self.stop, workers=min(self.workers, len(items)))

    def _advance(self, amount: int) -> None:
        self.watcher.advance(amount)
        self.stop.check()

    def _batch(self, batch: Sequence[FileEntry]) -> None:
        waiting = {entry.digest: entry for entry in batch}
        broken_off = False

        def one_try() -> None:
            nonlocal broken_off
            if broken_off:
                # Asked for alone, the file at which the answer broke off is answered with the reason, if there is one.
                self._receive_one(waiting)
            broken_off = True
            if waiting:
                self._receive_batch(waiting)

        self.source.session.attempt(one_try, repeatable=True)

    def _receive_one(self, waiting: dict[Digest, FileEntry]) -> None:
        """Take in the first file of a batch by itself."""
        entry = next(iter(waiting.values()))
        call = self.source.file(entry, _AS_IT_IS)
        with _named([entry]), self.source.session.open(call) as got:
            self._keep(BlobFrame(entry.digest, b"".join(got.iter_raw())), waiting)

    def _receive_batch(self, waiting: dict[Digest, FileEntry]) -> None:
        """Take in what the server sends of a batch; what came before a failure is not asked for again."""
        with (
            _named(waiting.values()),
            self.source.session.open(self.source.batch(waiting)) as got,
        ):
            try:
                for frame in read_frames(got.iter_raw(), max_size=SMALL):
                    self._keep(frame, waiting)
            except InvalidFrameError as error:
                raise httpx.RemoteProtocolError(error.message, request=got.request) from error
            if waiting:
                raise httpx.RemoteProtocolError("the answer ended early", request=got.request)

    def _keep(self, frame: BlobFrame, waiting: dict[Digest, FileEntry]) -> None:
        """Put a small file that came into the cache, if it is what was asked for."""
        entry = waiting.get(frame.digest)
        if entry is None:
            raise UnexpectedAnswerError(f"The server sent {frame.digest}, which nobody has asked for.")
        found = Digest.of(frame.data)
        if found != entry.digest:
            raise _corrupt(entry, found)
        self.cache.add(found, frame.data)
        del waiting[found]
        self._advance(entry.size)

    def _single(self, entry: FileEntry) -> None:
        """Fetch a file by ranges; where bytes kept from an earlier pull do not add up, fetch all of it anew."""
        found = None
        while found != entry.digest:
            with open_partial(self.cache.partial_path(entry.digest), entry.size, segment_size=SEGMENT_SIZE) as partial:
                if self.cache.find(entry.digest, entry.size):
                    partial.discard()  # another process has fetched it meanwhile
                    self._advance(entry.size)
                    return
                resumed = partial.resumed
                self._advance(resumed)
                found = self._fill(partial, entry)
                if found == entry.digest:
                    self.cache.adopt(partial.path, found)
                    partial.forget_ranges()
                    return
                partial.discard()
            self._advance(-entry.size)
            if not resumed:
                raise _corrupt(entry, found)

    def _fill(self, partial: PartialFile, entry: FileEntry) -> Digest:
        """Fetch the segments that are missing, hash the file meanwhile, and return its digest."""
        missing = [segment for segment in partial.segments if not segment.is_whole]
        follower = Follower(partial)
        follower.start()
        try:
            if len(partial.segments) == 1:
                self._segment(partial, entry, missing[0])
            else:
                self._in_threads(lambda segment: self._segment(partial, entry, segment), missing)
        except BaseException:
            partial.stop_following()
            raise
        finally:
            follower.join()
        return follower.result()

    def _segment(self, partial: PartialFile, entry: FileEntry, segment: Segment) -> None:
        self.source.session.attempt(lambda: self._receive_segment(partial, entry, segment), repeatable=True)
        partial.finish(segment)

    def _receive_segment(self, partial: PartialFile, entry: FileEntry, segment: Segment) -> None:
        """Fetch the rest of a segment; what came before a failure is not asked for again."""
        wanted = {"Range": f"bytes={segment.position}-{segment.end - 1}", **_AS_IT_IS}
        call = self.source.file(entry, wanted)
        with _named([entry]), self.source.session.open(call) as got:
            _check_range(got, segment, entry)
            for chunk in got.iter_raw():
                if len(chunk) > segment.end - segment.position:
                    raise UnexpectedAnswerError(
                        f"{entry.path}: the answer is longer than the range that was asked for."
                    )
                partial.write(segment, chunk)
                self._advance(len(chunk))
            if not segment.is_whole:
                raise httpx.RemoteProtocolError("the answer ended early", request=got.request)


class Follower(threading.Thread):
    """Hashes a partial file while others write it."""

    def __init__(self, partial: PartialFile) -> None:
        """Prepare to follow; `start` begins."""
        super().__init__(name="modelkeep-hash", daemon=True)
        self._partial = partial
        self._digest: Digest | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Hash to the end, or until the partial file is given up."""
        try:
            self._digest = self._partial.follow()
        except OSError as error:
            self._error = error

    def result(self) -> Digest:
        """Return the digest, after `join`.

        Raises:
            OSError: the file could not be read back.
        """
        if self._digest is None:
            raise self._error or OSError("the partial file was given up")
        return self._digest


def _batches(entries: Iterable[FileEntry]) -> list[list[FileEntry]]:
    """Group small files into requests of bounded size."""
    batches: list[list[FileEntry]] = []
    room = 0
    for entry in entries:
        if not batches or entry.size > room or len(batches[-1]) >= _BATCH_FILES:
            batches.append([])
            room = _BATCH_BYTES
        batches[-1].append(entry)
        room -= entry.size
    return batches


def _check_range(response: httpx.Response, segment: Segment, entry: FileEntry) -> None:
    """Accept the range that was asked for, or the whole file where that was the whole file."""
    if response.status_code == httpx.codes.OK and (segment.position, segment.end) == (0, entry.size):
        return
    served = response.headers.get("Content-Range", "")
    if served != f"bytes {segment.position}-{segment.end - 1}/{entry.size}":
        raise UnexpectedAnswerError(
            f"{entry.path}: asked for bytes {segment.position}-{segment.end - 1}, the server sent {served or 'all'}; "
            "a proxy between may not pass ranges on."
        )


@contextmanager
def _named(entries: Iterable[FileEntry]) -> Iterator[None]:
    """Let an error of the server about stored bytes name the file, which it may know by its digest only."""
    try:
        yield
    except CorruptError as error:
        if error.code != _CORRUPT_BLOB:
            raise
        paths = {str(entry.digest): entry.path for entry in entries}
        path = paths.get(str(error.details.get("digest")), next(iter(paths.values())) if len(paths) == 1 else "")
        if not path:
            raise
        raise CorruptFileError(f"{path}: {error.message}", path=path, **error.details) from error


def _corrupt(entry: FileEntry, found: Digest) -> CorruptFileError:
    return CorruptFileError(
        f"{entry.path} is corrupt: its digest is {entry.digest}, the bytes that came have {found}. They were thrown "
        "away; have the registry's stored copy checked, or push the file again.",
        path=entry.path,
        expected=str(entry.digest),
        found=str(found),
    )
