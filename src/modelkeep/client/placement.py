"""Putting a version's files, all of them cached, where the user wants them: whole or not at all."""

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelkeep.client.artifacts import digest_of
from modelkeep.client.cache import Cache
from modelkeep.client.errors import DestinationExistsError
from modelkeep.kernel.manifests import FileEntry, Manifest

_ABANDONED_SECONDS: Final = 3600
_SHOWN: Final = 5
_ELSEWHERE: Final = "move it away, or name another destination"
_OVERWRITE: Final = "name another destination, or overwrite it (--overwrite, overwrite=True)"


@dataclass(frozen=True)
class Placement:
    """A destination folder and the manifest it should hold."""

    destination: Path
    manifest: Manifest
    cache: Cache

    def is_done(self) -> bool:
        """Say whether the destination holds exactly the files of the manifest, executable where they should be."""
        if self.destination.is_symlink() or not self.destination.is_dir():
            return False
        there = dict(_files_below(self.destination))
        if there.keys() != {entry.path for entry in self.manifest.files}:
            return False
        return all(self._is_same(entry, there[entry.path]) for entry in self.manifest.files)

    def check_free(self) -> None:
        """Accept a destination that is not there, or is an empty folder.

        Raises:
            DestinationExistsError: something else is there.
        """
        if not os.path.lexists(self.destination):
            return
        if self.destination.is_dir() and not self.destination.is_symlink():
            there = sorted(os.listdir(self.destination))  # noqa: PTH208 - names only, in order
            if not there:
                return
            shown = ", ".join(there[:_SHOWN]) + (", …" if len(there) > _SHOWN else "")
            raise _exists(self.destination, f"holds other files ({shown})")
        raise _exists(self.destination, "is not a folder", _ELSEWHERE)

    def make(self) -> None:
        """Make the destination: the files are put into a folder beside it, which is then renamed.

        Raises:
            DestinationExistsError: something came to be there meanwhile.
        """
        with self._folder_beside() as folder:
            self._fill(folder)
            try:
                folder.rename(self.destination)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                    raise
                raise _exists(self.destination, "came to be there during the pull") from error

    def overwrite(self) -> None:
        """Put the files into the folder that is there one by one, each replacing its like; other files stay.

        Raises:
            DestinationExistsError: a file or a link is where a folder is needed, or a folder where a file is.
        """
        if self.destination.is_symlink() or not self.destination.is_dir():
            raise _exists(self.destination, "is not a folder", _ELSEWHERE)
        for entry in self.manifest.files:
            self._check_way(entry)
        with self._folder_beside() as folder:
            self._fill(folder)
            for entry in self.manifest.files:
                target = self.destination / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                (folder / entry.path).replace(target)

    def _fill(self, folder: Path) -> None:
        parents: set[str] = set()
        for entry in self.manifest.files:
            parent = entry.path.rpartition("/")[0]
            if parent not in parents:
                (folder / parent).mkdir(parents=True, exist_ok=True)
                parents.add(parent)
            self.cache.place(entry, folder / entry.path)

    def _is_same(self, entry: FileEntry, status: os.stat_result) -> bool:
        executable = bool(status.st_mode & stat.S_IXUSR)
        if not stat.S_ISREG(status.st_mode) or status.st_size != entry.size or executable != (entry.mode == 0o755):  # noqa: PLR2004
            return False
        cached = self.cache.find(entry.digest, entry.size)
        if cached is not None and os.path.samestat(cached.stat(), status):
            return True
        return digest_of(self.destination / entry.path) == entry.digest

    def _check_way(self, entry: FileEntry) -> None:
        """Refuse to write through a link, and to replace a folder by a file."""
        way = self.destination
        *folders, _ = entry.path.split("/")
        for name in folders:
            way = way / name
            if way.is_symlink() or (way.exists() and not way.is_dir()):
                raise _exists(way, "is where a folder is needed", _ELSEWHERE)
        target = self.destination / entry.path
        if target.is_dir() and not target.is_symlink():
            raise _exists(target, "is a folder where a file is needed", _ELSEWHERE)

    @contextmanager
    def _folder_beside(self) -> Iterator[Path]:
        """Make a folder on the destination's file system; whatever is left in it at the end is removed."""
        parent, prefix = self.destination.parent, f".{self.destination.name}.pulling-"
        parent.mkdir(parents=True, exist_ok=True)
        for abandoned in parent.glob(f"{_escaped(prefix)}*"):
            with suppress(FileNotFoundError):
                if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(abandoned, ignore_errors=True)
        outer = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            folder = outer / "files"
            folder.mkdir()  # unlike its parent, with the mode that the user's umask gives
            yield folder
        finally:
            shutil.rmtree(outer, ignore_errors=True)


def _files_below(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the path and the status of all that is no folder, links not followed."""
    with os.scandir(folder) as items:
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from _files_below(Path(item.path), f"{prefix}{item.name}/")
            else:
                yield prefix + item.name, item.stat(follow_symlinks=False)


def _escaped(text: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)


def _exists(path: Path, fact: str, advice: str = _OVERWRITE) -> DestinationExistsError:
    return DestinationExistsError(f"{path} {fact}: {advice}.", path=str(path))
