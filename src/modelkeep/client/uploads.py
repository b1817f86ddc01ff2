"""Sending the files of a push: only what the registry lacks, small ones many at a time, large ones in parallel parts.

The server keeps each part that arrived whole, so an interrupted push goes on where it stopped.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from modelkeep.client.answers import Answer
from modelkeep.client.artifacts import LocalArtifact, LocalFile
from modelkeep.client.errors import (
    ApiError,
    BlockedError,
    FileChangedError,
    ForbiddenError,
    InvalidRequestError,
    UnexpectedAnswerError,
)
from modelkeep.client.http import Call, HttpSession, route
from modelkeep.client.lean_httpx import httpx
from modelkeep.client.parallel import DEFAULT_WORKERS, Stop, for_each
from modelkeep.client.progress import UPLOADING, OneAtATime
from modelkeep.kernel.blob_frames import MEDIA_TYPE, frame_header
from modelkeep.kernel.digests import Digest

T = TypeVar("T")

_SEALED: Final = "objectstore.staging_sealed"
_OVERTAKEN: Final = frozenset({"objectstore.staging_incomplete", "artifacts.parts_missing"})
_OVERTAKEN_TRIES: Final = 3
_MISMATCH: Final = "artifacts.blob_mismatch"
_CHUNK: Final = 1024 * 1024
_LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Blob:
    """Content that the registry lacks, and the local file that has it."""

    digest: Digest
    file: LocalFile

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.file.size


@dataclass(frozen=True, slots=True)
class Plan:
    """An open upload and what it lacks; sizes in bytes."""

    id: str
    part_size: int
    batch_blob_limit: int
    batch_bytes_limit: int
    missing: tuple[Blob, ...]

    @property
    def size(self) -> int:
        """How much is missing, in bytes."""
        return sum(blob.size for blob in self.missing)

    def between(self, above: int, up_to: int | None = None) -> list[Blob]:
        """Return the missing blobs of more than `above` bytes, and at most `up_to`."""
        return [blob for blob in self.missing if above < blob.size and (up_to is None or blob.size <= up_to)]

    @classmethod
    def read(cls, answer: Answer, artifact: LocalArtifact) -> "Plan":
        """Read the server's answer to the manifest of `artifact`."""
        return cls(
            answer.text("id"),
            answer.integer("part_size"),
            answer.integer("batch_blob_limit"),
            answer.integer("batch_bytes_limit"),
            tuple(_blob(item, artifact) for item in answer.items("missing")),
        )


@dataclass(frozen=True)
class Upload:
    """The files of one plan on their way."""

    session: HttpSession
    plan: Plan
    watcher: OneAtATime
    workers: int = DEFAULT_WORKERS
    stop: Stop = field(default_factory=Stop)

    def run(self) -> None:
        """Send what is missing; return when the registry has verified and stored all of it.

        Raises:
            FileChangedError: a file is no longer what was hashed.
            ApiError: the server refused.
            ServerUnreachableError: the connection was lost, and did not come back; pushing again goes on from there.
        """
        plan = self.plan
        self.watcher.start(UPLOADING, total_bytes=plan.size, files=len(plan.missing))
        self._in_threads(
            self._send_batch, _batches(plan.between(-1, plan.batch_blob_limit), plan.batch_bytes_limit), self.workers
        )
        self._in_threads(self._send_blob, plan.between(plan.batch_blob_limit, plan.part_size), self.workers)
        # Two at a time: while the server verifies one, the next is on its way.
        self._in_threads(self._send_blob, plan.between(max(plan.batch_blob_limit, plan.part_size)), 2)
        self.watcher.done()

    def _in_threads(self, work: Callable[[T], None], items: Sequence[T], workers: int) -> None:
        for_each(work, items, stop=self.stop, workers=min(workers, len(items)))

    def _send_batch(self, batch: Sequence[Blob]) -> None:
        size = sum(blob.size for blob in batch)
        length = size + sum(len(frame_header(blob.digest, blob.size)) for blob in batch)
        headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(length)}
        call = Call("POST", route("uploads", self.plan.id, "blobs"), headers=headers, content=lambda: _framed(batch))
        with _named(batch):
            self.session.attempt(lambda: self._once(call), repeatable=True)
        self._advance(size)

    def _send_blob(self, blob: Blob) -> None:
        """Send the parts that are not there, then have the blob verified.

        Another push of the same content may do so at the same time, with the same parts of the same upload: what is
        refused because of that is looked at again.
        """
        path = route("uploads", self.plan.id, "blobs", str(blob.digest))
        with _named([blob]):
            for tries_left in reversed(range(_OVERTAKEN_TRIES)):
                self._send_parts(path, blob)
                try:
                    self._complete(path)
                except BlockedError as error:
                    if error.code not in _OVERTAKEN or not tries_left:
                        raise
                else:
                    return
                if not self._is_missing(blob):
                    return
                self._advance(-blob.size)

    def _send_parts(self, path: str, blob: Blob) -> None:
        parts = self._parts(path)
        self._advance(sum(part.size for part in parts if part.received))
        absent = [part for part in parts if not part.received]
        if len(absent) == 1:
            self._send_part(path, blob, absent[0])
        else:
            self._in_threads(lambda part: self._send_part(path, blob, part), absent, self.workers)

    def _is_missing(self, blob: Blob) -> bool:
        upload = self.session.get(route("uploads", self.plan.id))
        return any(item.text("digest") == str(blob.digest) for item in upload.items("missing"))

    def _parts(self, path: str) -> list["Part"]:
        return [Part.read(item, path) for item in self.session.get(f"{path}/parts").items("parts")]

    def _send_part(self, path: str, blob: Blob, part: "Part") -> None:
        try:
            self._put(blob, part)
        except BlockedError as error:
            if error.code != _SEALED:
                raise
            self._advance(part.size)  # another push of the same content has sent the last part just now
        except (ForbiddenError, InvalidRequestError):
            if not part.signed:
                raise
            # The signature has expired, as it may in a long transfer: ask for another one.
            fresh = next(other for other in self._parts(path) if other.number == part.number)
            if not fresh.received:
                self._put(blob, fresh)

    def _put(self, blob: Blob, part: "Part") -> None:
        def one_try() -> None:
            sent = 0

            def content() -> Iterator[bytes]:
                nonlocal sent
                for chunk in blob.file.read(part.offset, part.size):
                    yield chunk
                    sent += len(chunk)
                    self._advance(len(chunk))

            call = Call(part.method, part.address, headers=part.headers, content=content)
            try:
                self._once(call)
            except BaseException:
                self.watcher.advance(-sent)
                raise

        self.session.attempt(one_try, repeatable=True)

    def _complete(self, path: str) -> None:
        """Have the server verify a blob; it may take its time, and then wants to be asked again."""
        while (response := self.session.send(Call("POST", f"{path}/complete"))).status_code == httpx.codes.ACCEPTED:
            asked = str(response.headers.get("Retry-After", ""))
            time.sleep(min(float(asked), _LONGEST_WAIT) if asked.isascii() and asked.isdigit() else 1.0)
            self.stop.check()

    def _once(self, call: Call) -> None:
        with self.session.open(call) as response:
            response.read()

    def _advance(self, amount: int) -> None:
        self.watcher.advance(amount)
        self.stop.check()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a blob: whether it is there, and where and how it is sent; offset and size in bytes."""

    number: int
    offset: int
    size: int
    received: bool
    signed: bool
    method: str
    address: str
    headers: Mapping[str, str]

    @classmethod
    def read(cls, item: Answer, path: str) -> "Part":
        """Read a part from the server's list; without a signed request it goes to the server itself, below `path`."""
        number, size, signed = item.integer("number"), item.integer("size"), item.find("upload")
        headers = {"Content-Length": str(size)}
        if signed is None:
            method, address = "PUT", f"{path}/parts/{number}"
            headers["Content-Type"] = "application/octet-stream"
        else:
            method, address = signed.text("method"), signed.text("url")
            headers |= {name: str(value) for name, value in signed.mapping("headers").items()}
        received = bool(item.flag("received"))
        return cls(number, item.integer("offset"), size, received, signed is not None, method, address, headers)


def _blob(item: Answer, artifact: LocalArtifact) -> Blob:
    digest = Digest.parse(item.text("digest"))
    file = artifact.by_digest.get(digest)
    if file is None:
        raise UnexpectedAnswerError(f"The server asks for {digest}, which is not in the manifest that was sent.")
    return Blob(digest, file)


def _batches(blobs: Iterable[Blob], limit: int) -> list[list[Blob]]:
    """Group small blobs into bodies of at most `limit` bytes, headers included."""
    batches: list[list[Blob]] = []
    room = 0
    for blob in blobs:
        length = len(frame_header(blob.digest, blob.size)) + blob.size
        if not batches or length > room:
            batches.append([])
            room = limit
        batches[-1].append(blob)
        room -= length
    return batches


def _framed(batch: Iterable[Blob]) -> Iterator[bytes]:
    """Yield the body of a batch in chunks of about a mebibyte."""
    pending = bytearray()
    for blob in batch:
        pending += frame_header(blob.digest, blob.size)
        for data in blob.file.read(0, blob.size):
            pending += data
        if len(pending) >= _CHUNK:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)


@contextmanager
def _named(blobs: Sequence[Blob]) -> Iterator[None]:
    """Let the server's finding that bytes are not what was announced name the file they came from."""
    try:
        yield
    except ApiError as error:
        if error.code != _MISMATCH:
            raise
        expected = error.details.get("expected")
        names = [str(blob.file.source) for blob in blobs if len(blobs) == 1 or str(blob.digest) == expected]
        raise FileChangedError(
            f"{', '.join(names) or 'A file'} changed while it was being pushed, or was damaged on the way: push again.",
            **error.details,
        ) from error
