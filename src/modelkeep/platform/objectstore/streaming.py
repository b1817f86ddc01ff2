"""An atomic write of unknown length to a remote store, fed from the calling thread."""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import obstore

from modelkeep.platform.objectstore.cloud_errors import translated
from modelkeep.platform.objectstore.errors import ObjectStoreUnavailableError

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Remote

_BATCHES_WAITING: Final = 1
_BATCH_SIZE: Final = 1024 * 1024
_LOOK_EVERY: Final = 0.05
_CONCURRENT_PIECES: Final = 3


class _AbandonedError(Exception):
    """Makes obstore abort the write; never leaves this module."""


@contextmanager
def streamed(store: "Remote", path: str, piece_size: int) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that appends bytes: the object is visible after the block, or never if the block raises.

    Up to one piece goes out as a single request; more as a multipart upload of pieces (aborted if the block raises), of
    which up to three are on their way and two wait, so memory is about five pieces.

    Raises:
        ObjectStoreUnavailableError: the store failed; raised by the function or at the end of the block.
    """
    upload = _Upload(store, path, piece_size)
    try:
        yield upload.append
    except BaseException:
        upload.abandon()
        raise
    upload.finish()


class _Upload:
    """obstore pulls bytes out of an iterator while its runtime holds the thread, which so may not use obstore itself.

    The bytes often come from obstore, and callbacks may do anything; so the pulling happens in a thread of its own.
    """

    def __init__(self, store: "Remote", path: str, piece_size: int) -> None:
        self._store = store
        self._path = path
        self._piece_size = piece_size
        self._batch: list[bytes] = []
        self._size = 0
        self._batches: queue.Queue[list[bytes] | None] = queue.Queue(_BATCHES_WAITING)
        self._writing: Future[None] | None = None
        self._abandoned = False

    def append(self, data: bytes) -> None:
        self._batch.append(data)
        self._size += len(data)
        if self._size > (self._piece_size if self._writing is None else _BATCH_SIZE):
            writing = self._started()
            batch, self._batch, self._size = self._batch, [], 0
            self._hand_over(writing, batch)

    def finish(self) -> None:
        with translated("store an object"):
            if self._writing is None:
                obstore.put(self._store, self._path, b"".join(self._batch), use_multipart=False)
                return
            self._hand_over(self._writing, self._batch)
            self._hand_over(self._writing, None)
            self._writing.result()

    def abandon(self) -> None:
        self._abandoned = True
        if self._writing is not None:
            with suppress(ObjectStoreUnavailableError):
                self._hand_over(self._writing, None)
            self._writing.exception()

    def _started(self) -> Future[None]:
        if self._writing is None:
            executor = ThreadPoolExecutor(1, "object-store-upload")
            self._writing = executor.submit(self._write)
            executor.shutdown(wait=False)
        return self._writing

    def _hand_over(self, writing: Future[None], batch: list[bytes] | None) -> None:
        while not writing.done():
            with suppress(queue.Full):
                self._batches.put(batch, timeout=_LOOK_EVERY)
                return
        with translated("store an object"):
            writing.result()

    def _write(self) -> None:
        pieces = self._pieces()
        obstore.put(self._store, self._path, pieces, chunk_size=self._piece_size, max_concurrency=_CONCURRENT_PIECES)

    def _pieces(self) -> Iterator[bytes]:
        while (batch := self._batches.get()) is not None:
            yield from batch
        if self._abandoned:
            raise _AbandonedError
