"""A bucket whose objects cannot be deleted: one object for each checkpoint.

That they cannot is the bucket's own rule (S3 Object Lock in compliance mode as its default retention): the object
store's client sends no header for it, and a server that chose the retention could also choose none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote
from modelkeep.domains.audit.ports import PublishedTree
from modelkeep.domains.audit.service.anchors.forks import check_remembered, longer
from modelkeep.platform.objectstore import ObjectStore

FOLDER: Final = "checkpoints"
_DIGITS: Final = 20


@dataclass(slots=True)
class _Looked:
    """Whether this process has looked for a longer log; once is enough, for a restored backup comes with a restart."""

    already: bool = False


@dataclass(frozen=True, slots=True)
class StoreAnchor:
    """Puts objects, and never replaces one."""

    name: str
    store: ObjectStore
    _looked: _Looked = field(default_factory=_Looked, repr=False)

    def push(self, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Sequence[NoteSignature]:
        """Put the checkpoint, unless it is there.

        Raises:
            ObjectStoreUnavailableError: the store does not take it.
            ForkedLogError: the store has a checkpoint of a longer log, or of another one.
        """
        if not self._looked.already:
            largest = max((_size(found.key) for found in self.store.list(FOLDER)), default=0)
            if largest > checkpoint.size:
                raise longer(self.name, largest, checkpoint.size)
            if largest:
                check_remembered(self._read(_key(largest)), checkpoint, tree, self.name)
            self._looked.already = True
        key = _key(checkpoint.size)
        if self.store.find(key) is None:
            self.store.put({key: str(note).encode()})
        else:
            check_remembered(self._read(key), checkpoint, tree, self.name)
        return ()

    def _read(self, key: str) -> Checkpoint:
        return Checkpoint.parse(SignedNote.parse(b"".join(self.store.read(key)).decode()).text)


def _key(size: int) -> str:
    return f"{FOLDER}/{size:0{_DIGITS}}"


def _size(key: str) -> int:
    name = key.rpartition("/")[2]
    return int(name) if name.isdecimal() else 0
