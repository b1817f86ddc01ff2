"""An append-only file, best on another host: every checkpoint below the ones before."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote
from modelkeep.domains.audit.ports import AnchorFailedError, PublishedTree
from modelkeep.domains.audit.service.anchors.forks import check_remembered

_TAIL: Final = 64 * 1024
_NOTE: Final = re.compile(r"(?P<text>[^\n]+\n\d+\n[A-Za-z0-9+/=]{44}\n)\n(?:— [^\n]+\n)+")


@dataclass(frozen=True, slots=True)
class FileAnchor:
    """Appends, flushes to the disk, and never changes what is there: the file may be one that only grows."""

    name: str
    path: Path

    def push(self, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Sequence[NoteSignature]:
        """Append the checkpoint, unless it is the last one there.

        Raises:
            AnchorFailedError: the file cannot be written.
            ForkedLogError: the last checkpoint there is not of this log.
        """
        try:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._append(file, checkpoint, note, tree)
            finally:
                os.close(file)
        except OSError as error:
            raise AnchorFailedError(f"the file {self.path} cannot be written: {error.strerror}") from error
        return ()

    def _append(self, file: int, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> None:
        tail = self._tail(file)
        found = list(_NOTE.finditer(tail))
        if found:
            last = Checkpoint.parse(found[-1]["text"])
            check_remembered(last, checkpoint, tree, self.name)
            if last.size == checkpoint.size:
                return
        torn = bool(tail) and not tail.endswith("\n\n")  # by a power failure; a blank line ends it
        data = ("\n\n" * torn + str(note) + "\n").encode()
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)

    def _tail(self, file: int) -> str:
        size = os.fstat(file).st_size
        return os.pread(file, _TAIL, max(0, size - _TAIL)).decode(errors="replace")
