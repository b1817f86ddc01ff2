"""Compares contents by what their files say: for the next version's number, and for people."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

from cachetools import LRUCache

from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.catalog import ContentChange
from modelkeep.domains.inspection.domain.changes import compare
from modelkeep.domains.inspection.domain.contents import UNKNOWN, ContentFacts
from modelkeep.domains.inspection.ports import INSPECTION_SECONDS
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.domains.inspection.service.content_reader import ContentReader
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.manifests import FileEntry, Manifest
from modelkeep.platform.database import Database
from modelkeep.platform.sandbox import Allowance, StoppedError

_log = logging.getLogger(__name__)

_REMEMBERED: Final = 100_000
"""How many tensors of recently compared contents are remembered in all."""


@dataclass(frozen=True, slots=True)
class ContentComparer:
    """Facts of contents: remembered, stored by an inspection, or read now from the headers of the files."""

    database: Database
    artifacts: ArtifactService
    reader: ContentReader
    stopping: Event
    _known: "LRUCache[Digest, ContentFacts]" = field(
        default_factory=lambda: LRUCache(maxsize=_REMEMBERED, getsizeof=lambda facts: 1 + len(facts.tensors())),
        repr=False,
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    def step(self, before: Digest, after: Manifest) -> ContentChange | None:
        """Return how large a step new content takes; None where the files tell nothing, or cannot be read now.

        Raises:
            StoppedError: the server stops.
        """
        try:
            new = self.facts(after.digest, {entry.path: entry for entry in after.files})
            if new.whole.format == UNKNOWN:
                return None
            change = compare(self.facts(before, self.artifacts.files(before)), new)
        except StoppedError:
            raise
        except RegistryError as error:
            _log.warning("contents %s and %s are not compared: %s", before, after.digest, error.message)
            return None
        return None if change is None else ContentChange(change.level, change.reasons)

    def facts(self, content: Digest, files: Mapping[str, FileEntry]) -> ContentFacts:
        """Return what the files of content say, with all tensors."""
        with self._lock:
            known = self._known.get(content)
        if known is None:
            with self.database.snapshot() as tx:
                known = InspectionRepository(tx).find_with_tensors(content)
            known = known or self.reader.read(files, Allowance.of(INSPECTION_SECONDS, self.stopping.is_set))
            with self._lock:
                if len(known.tensors()) < _REMEMBERED:
                    self._known[content] = known
        return known
