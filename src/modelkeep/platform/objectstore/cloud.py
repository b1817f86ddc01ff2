"""Objects in a bucket or container: S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

import obstore

from modelkeep.kernel.clock import Clock, system_clock
from modelkeep.platform.objectstore.cloud_errors import FAILURES, failure, is_past_end, translated
from modelkeep.platform.objectstore.errors import (
    ObjectNotFoundError,
    StagingIncompleteError,
    incomplete,
    wrong_length,
)
from modelkeep.platform.objectstore.keys import STAGING, check_key, check_prefix, check_range, check_staging_id
from modelkeep.platform.objectstore.store import CHUNK_SIZE, MAX_PARTS, SignedRequest, Staging, StoredObject
from modelkeep.platform.objectstore.streaming import streamed

if TYPE_CHECKING:
    from obstore import HTTP_METHOD, GetOptions, GetResult, SignCapableStore
    from obstore.store import ObjectStore as Remote

_PIECE: Final = 8 * 1024 * 1024
_PART_CHUNK: Final = 1024 * 1024  # obstore holds several times this while it reads
_BULK: Final = 1_000
_PUTS_AT_ONCE: Final = 16
_MAX_SIGNED: Final = timedelta(days=7)
_PUBLISHED: Final = ".published"
# Azure's signature covers the decoded path and obstore signs the encoded one: where they differ it is not valid
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class CloudObjectStore:
    """Keeps the object `key` under `prefix + key`, and part N of a staged write under `prefix + staging/ID/N`.

    Publishing reads the parts once and writes them as one atomic object: what is observed is what is written, so a part
    that is replaced meanwhile, which a signed address allows, cannot slip through. Memory is about 40 MiB up to 80 GB,
    beyond that about the size divided by 2,000, as a multipart upload has at most 10,000 pieces. A crash in the middle
    leaves an unfinished multipart upload: give the bucket a rule that aborts those after a day. Azure keeps unfinished
    blocks by object: of several who publish over 8 MiB under one key at once, all but the first are told to try again.

    `store` carries the data; `probe` is the same bucket with short time limits; `signer` is None if nothing can be
    signed, and `upload_headers` is what a signed upload must send.
    """

    store: "Remote" = field(repr=False)
    probe: "Remote"
    signer: "SignCapableStore | None" = field(default=None, repr=False)
    upload_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefix: str = ""
    clock: Clock = field(default=system_clock, repr=False)

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Send one request for each object, up to 16 at a time."""
        paths = [self._path(key) for key in objects]
        with ThreadPoolExecutor(_PUTS_AT_ONCE) as pool:
            list(pool.map(self._put, paths, objects.values()))

    def _put(self, path: str, data: bytes) -> None:
        with translated("store an object"):
            obstore.put(self.store, path, data, use_multipart=False)

    def read(
        self, key: str, *, start: int = 0, end: int | None = None, chunk_size: int = CHUNK_SIZE
    ) -> Iterator[bytes]:
        """Send one request and stream its answer."""
        check_range(start, end)
        answer = self._get(key, start, end)
        return iter(()) if answer is None else _chunks(answer, chunk_size)

    def find(self, key: str) -> StoredObject | None:
        """Send a HEAD request."""
        path = self._path(key)
        with translated("look for an object"):
            try:
                return StoredObject(key, obstore.head(self.store, path)["size"])
            except FileNotFoundError:
                return None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """List by pages of up to 1,000."""
        listed = self._list(check_prefix(prefix))
        return (found for found in listed if not found.key.startswith(STAGING + "/"))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete up to 1,000 with each call where the store can."""
        self._delete(map(self._path, keys))

    def check(self) -> None:
        """List one name, with short time limits and no second try."""
        with translated("list its bucket"):
            for _ in obstore.list(self.probe, f"{self.prefix}{STAGING}/.check"):
                return

    def sign_get(self, key: str, *, expires_in: timedelta) -> SignedRequest | None:
        """Sign as the store does."""
        return self._sign("GET", self._path(key), {}, expires_in)

    def write_part(self, staging: Staging, number: int, data: Iterable[bytes]) -> None:
        """Send the part as an object of its own, with about 40 MiB of memory at most."""
        _, length = staging.part(number)
        received = 0
        with streamed(self.store, self._part(staging, number), _PIECE) as write:
            for chunk in data:
                received += len(chunk)
                if received > length:
                    raise wrong_length(number, length)
                write(chunk)
            if received < length:
                raise wrong_length(number, length)

    def sign_part(self, staging: Staging, number: int, *, expires_in: timedelta) -> SignedRequest | None:
        """Sign a PUT of the part's own object."""
        staging.part(number)
        return self._sign("PUT", self._part(staging, number), self.upload_headers, expires_in)

    def parts(self, staging: Staging) -> frozenset[int]:
        """List the parts and compare their sizes with the plan."""
        found = {part.key: part.size for part in self._list(f"{STAGING}/{staging.id}/")}
        numbers = range(1, staging.part_count + 1)
        return frozenset(n for n in numbers if found.get(_part_key(staging, n)) == staging.part(n)[1])

    def publish(self, staging: Staging, key: str, observe: Callable[[bytes], None], accept: Callable[[], None]) -> None:
        """Stream the parts into one object, note that this staging is published, then delete the parts."""
        path = self._path(key)
        try:
            self._copy(staging, path, observe, accept)
        except StagingIncompleteError:
            if self._published_key(staging) != key or self.find(key) is None:
                raise
            return
        with translated("note a published write"):
            obstore.put(self.store, self._note(staging), key.encode())
        self._delete(self._part(staging, number) for number in range(1, staging.part_count + 1))

    def discard(self, staging_prefix: str) -> None:
        """List and delete."""
        found = self._list(f"{STAGING}/{check_staging_id(staging_prefix)}/")
        self._delete(self.prefix + part.key for part in found)

    def _copy(self, staging: Staging, path: str, observe: Callable[[bytes], None], accept: Callable[[], None]) -> None:
        missing = sorted(set(range(1, staging.part_count + 1)) - self.parts(staging))
        if missing:
            raise incomplete(f"parts are missing ({len(missing)} of {staging.part_count})", missing)
        with streamed(self.store, path, max(_PIECE, -(-staging.size // MAX_PARTS))) as write:
            for number in range(1, staging.part_count + 1):
                for chunk in self._read_part(staging, number):
                    observe(chunk)
                    write(chunk)
            accept()

    def _read_part(self, staging: Staging, number: int) -> Iterator[bytes]:
        with translated("read a part"):
            try:
                answer = obstore.get(self.store, self._part(staging, number))
            except FileNotFoundError:
                raise incomplete("a part is gone", [number]) from None
            if answer.meta["size"] != staging.part(number)[1]:
                raise incomplete("a part was replaced by one of another length", [number])
        return _chunks(answer, _PART_CHUNK)

    def _published_key(self, staging: Staging) -> str | None:
        with translated("look at a staged write"):
            try:
                return bytes(obstore.get(self.store, self._note(staging)).bytes()).decode()
            except FileNotFoundError:
                return None

    def _get(self, key: str, start: int, end: int | None) -> "GetResult | None":
        path = self._path(key)
        if start == end:
            if self.find(key) is None:
                raise _not_found(key)
            return None
        try:
            return obstore.get(self.store, path, options=_options(start, end))
        except FileNotFoundError:
            raise _not_found(key) from None
        except FAILURES as error:
            if is_past_end(error):
                return None
            raise failure("open an object", error) from None

    def _list(self, prefix: str) -> Iterator[StoredObject]:
        with translated("list objects"):
            for page in obstore.list(self.store, self.prefix + prefix, chunk_size=_BULK):
                for found in page:
                    yield StoredObject(found["path"].removeprefix(self.prefix), found["size"])

    def _delete(self, paths: Iterable[str]) -> None:
        remaining = iter(paths)
        while bulk := [*islice(remaining, _BULK)]:
            with translated("delete objects"):
                try:
                    obstore.delete(self.store, bulk)
                except FileNotFoundError:  # some stores stop there
                    self._delete_each(bulk)

    def _delete_each(self, paths: Iterable[str]) -> None:
        for path in paths:
            with translated("delete objects"), suppress(FileNotFoundError):
                obstore.delete(self.store, path)

    def _sign(
        self, method: "HTTP_METHOD", path: str, headers: Mapping[str, str], expires_in: timedelta
    ) -> SignedRequest | None:
        if self.signer is None or _PLAIN.fullmatch(path) is None:
            return None
        lifetime = min(expires_in, _MAX_SIGNED)
        expires_at = self.clock() + lifetime
        with translated("sign an address"):
            url = obstore.sign(self.signer, method, path, lifetime)
        return SignedRequest(method, url, headers, expires_at)

    def _path(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _part(self, staging: Staging, number: int) -> str:
        return self.prefix + _part_key(staging, number)

    def _note(self, staging: Staging) -> str:
        return f"{self.prefix}{STAGING}/{staging.id}/{_PUBLISHED}"


def _part_key(staging: Staging, number: int) -> str:
    return f"{STAGING}/{staging.id}/{number:05}"


def _chunks(answer: "GetResult", chunk_size: int) -> Iterator[bytes]:
    with translated("read an object"):
        yield from filter(None, answer.stream(min_chunk_size=chunk_size))


def _options(start: int, end: int | None) -> "GetOptions | None":
    if end is not None:
        return {"range": (start, end)}
    return {"range": {"offset": start}} if start else None


def _not_found(key: str) -> ObjectNotFoundError:
    return ObjectNotFoundError(f"No object is stored under {key!r}.", key=key)
