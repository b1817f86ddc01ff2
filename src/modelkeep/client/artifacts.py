"""What is on disk and about to be pushed: a walk of a file or folder, hashed into a manifest."""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Final

from modelkeep.client.errors import FileChangedError, InvalidArtifactError
from modelkeep.client.media_types import media_type_of
from modelkeep.client.parallel import Stop, for_each
from modelkeep.client.progress import HASHING, OneAtATime, Progress
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry, Manifest

IGNORE_FILE: Final = ".modelkeepignore"
ALWAYS_IGNORED: Final = frozenset({".git", "__pycache__", ".DS_Store", IGNORE_FILE})

_READ_BYTES: Final = 4 * 1024 * 1024
_HASHERS: Final = max(2, min(4, os.cpu_count() or 2))


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file as it was when it was found: `path` in the artifact, `source` on disk, size in bytes, time in ns."""

    path: str
    source: Path
    size: int
    modified: int
    mode: int

    def check_unchanged(self, descriptor: int) -> None:
        """Compare the open file with what was found.

        Raises:
            FileChangedError: its size or its time of modification is another.
        """
        now = os.fstat(descriptor)
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified):
            raise FileChangedError(
                f"{self.source} changed while it was being pushed: wait until it is written, then push again.",
                path=self.path,
            )

    def read(self, offset: int, size: int, *, block: int = 1024 * 1024) -> Iterator[bytes]:
        """Yield `size` bytes from `offset` on in blocks; opens the file for just that long.

        Raises:
            FileChangedError: the file is no longer what was found, before or after the bytes were read.
        """
        with self._opened() as file:
            self.check_unchanged(file.fileno())
            end = offset + size
            while offset < end and (data := os.pread(file.fileno(), min(block, end - offset), offset)):
                offset += len(data)
                yield data
            self.check_unchanged(file.fileno())

    def _opened(self) -> FileIO:
        try:
            return self.source.open("rb", buffering=0)
        except OSError as error:
            raise FileChangedError(
                f"{self.source} can no longer be read ({error.strerror}): push again when it is there.", path=self.path
            ) from error


@dataclass(frozen=True)
class LocalArtifact:
    """A manifest and the local files behind it."""

    manifest: Manifest
    files: Mapping[str, LocalFile] = field(repr=False)

    @cached_property
    def by_digest(self) -> Mapping[Digest, LocalFile]:
        """One local file for each distinct content."""
        return {entry.digest: self.files[entry.path] for entry in self.manifest.files}


def scan(path: str | os.PathLike[str], *, progress: Progress | None = None) -> LocalArtifact:
    """Find, hash and describe what is to be pushed: one file, or all files below a folder.

    Hidden files belong to it; `.git`, `__pycache__`, `.DS_Store` and whatever a `.modelkeepignore` in the folder names
    do not. Its lines are globs: with a slash inside they are held against the whole path, else against each name;
    a slash at the end means folders only. Empty folders leave no trace. Names are taken in Unicode form NFC.

    Raises:
        InvalidArtifactError: nothing is there, or something that is neither a file nor a folder, such as a link.
        InvalidManifestError: the name of a file cannot be kept on every system.
        FileChangedError: a file changed while it was read.
    """
    try:
        found = list(_walk(Path(path)))
    except OSError as error:
        raise _unreadable(error.filename or path, error) from error
    if not found:
        raise InvalidArtifactError(f"{path} holds no files to push: check the path, and {IGNORE_FILE} if there is one.")
    watcher, stop = OneAtATime(progress), Stop()
    watcher.start(HASHING, total_bytes=sum(file.size for file in found), files=len(found))
    digests: dict[str, Digest] = {}

    def digest_one(file: LocalFile) -> None:
        digests[file.path] = _digest(file, watcher, stop)

    # The largest first, so that no thread is left alone with it at the end.
    in_order = sorted(found, key=_size, reverse=True)
    try:
        for_each(digest_one, in_order, stop=stop, workers=min(_HASHERS, len(found)))
    except OSError as error:
        raise _unreadable(error.filename or path, error) from error
    watcher.done()
    entries = tuple(
        FileEntry(file.path, file.size, digests[file.path], media_type_of(file.path), file.mode) for file in found
    )
    return LocalArtifact(Manifest(entries), {file.path: file for file in found})


def digest_of(source: Path) -> Digest:
    """Return the digest of a file's bytes."""
    with source.open("rb", buffering=0) as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())


def _size(file: LocalFile) -> int:
    return file.size


def _digest(file: LocalFile, watcher: OneAtATime, stop: Stop) -> Digest:
    state = hashlib.sha256()
    buffer = memoryview(bytearray(min(_READ_BYTES, file.size + 1)))
    with file.source.open("rb", buffering=0) as opened:
        while count := opened.readinto(buffer):
            state.update(buffer[:count])
            watcher.advance(count)
            stop.check()
        file.check_unchanged(opened.fileno())
    return Digest(state.hexdigest())


def _walk(root: Path) -> Iterator[LocalFile]:
    status = root.stat()  # a link given by name is followed: whoever names it means what it leads to
    if stat.S_ISREG(status.st_mode):
        yield _found(root, root.name, status)
        return
    if not stat.S_ISDIR(status.st_mode):
        raise InvalidArtifactError(f"{root} is neither a file nor a folder; push one of these.")
    yield from _walk_folder(root, "", _ignored_globs(root))


def _walk_folder(folder: Path, prefix: str, globs: tuple[str, ...]) -> Iterator[LocalFile]:
    with os.scandir(folder) as scanned:
        items = sorted(scanned, key=_name)
    for item in items:
        path = prefix + unicodedata.normalize("NFC", item.name)
        is_folder = item.is_dir(follow_symlinks=False)
        if item.name in ALWAYS_IGNORED or _matches(path, globs, is_folder=is_folder):
            continue
        if is_folder:
            yield from _walk_folder(Path(item.path), f"{path}/", globs)
        elif item.is_file(follow_symlinks=False):
            yield _found(Path(item.path), path, item.stat(follow_symlinks=False))
        else:
            raise _refusal(item)


def _name(item: os.DirEntry[str]) -> str:
    return item.name


def _found(source: Path, path: str, status: os.stat_result) -> LocalFile:
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return LocalFile(path, source, status.st_size, status.st_mtime_ns, mode)


def _refusal(item: os.DirEntry[str]) -> InvalidArtifactError:
    if item.is_symlink():
        return InvalidArtifactError(
            f"{item.path} is a symbolic link to '{Path(item.path).readlink()}', and links are not pushed: put the file "
            f"itself there (cp -rL copies a folder so), or name the link in {IGNORE_FILE}.",
            path=item.path,
        )
    return InvalidArtifactError(
        f"{item.path} is a socket, a pipe or a device, and only files are pushed: remove it, or name it in "
        f"{IGNORE_FILE}.",
        path=item.path,
    )


def _unreadable(path: object, error: OSError) -> InvalidArtifactError:
    return InvalidArtifactError(f"{path} cannot be read: {error.strerror or error}.", path=str(path))


def _ignored_globs(root: Path) -> tuple[str, ...]:
    try:
        text = (root / IGNORE_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise InvalidArtifactError(f"{root / IGNORE_FILE} is not UTF-8 text: {error}.") from error
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _matches(path: str, globs: tuple[str, ...], *, is_folder: bool) -> bool:
    name = path.rpartition("/")[2]
    for glob in globs:
        pattern = glob.rstrip("/")
        if pattern != glob and not is_folder:
            continue
        if fnmatchcase(path, pattern.lstrip("/")) if "/" in pattern else fnmatchcase(name, pattern):
            return True
    return False
