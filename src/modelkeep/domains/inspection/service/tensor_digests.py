"""Digests of tensors, made from ranges of the stored files when versions are first compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.inspection.domain.contents import ContentFacts
from modelkeep.domains.inspection.domain.diffs import DigestedTensor
from modelkeep.domains.inspection.domain.facts import Span
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.kernel.digests import Digest, Hasher
from modelkeep.kernel.manifests import FileEntry
from modelkeep.platform.database import Database

MOST_BYTES: Final = 2**30
"""How much of a content is read for its digests; what is beyond stays uncompared."""


@dataclass(frozen=True, slots=True)
class TensorDigests:
    """Makes and keeps the digests of the tensors of contents."""

    database: Database
    artifacts: ArtifactService

    def digested(
        self, content: Digest, facts: ContentFacts, files: Mapping[str, FileEntry]
    ) -> dict[str, DigestedTensor]:
        """Return the tensors of content, each with its digest where its bytes lie in one piece and were few enough.

        Raises:
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
        """
        located = facts.located()
        with self.database.snapshot() as tx:
            known = InspectionRepository(tx).tensor_digests(content)
        if known is None:
            known = self._made(facts, files)
            with self.database.transaction() as tx:
                InspectionRepository(tx).save_tensor_digests(content, known)
        return {name: DigestedTensor(tensor, known.get(name)) for name, (_, tensor) in located.items()}

    def _made(self, facts: ContentFacts, files: Mapping[str, FileEntry]) -> dict[str, str]:
        digests: dict[str, str] = {}
        left = MOST_BYTES
        for name, (path, tensor) in facts.located().items():
            span, entry = tensor.span, files.get(path)
            if span is None or entry is None or span.start + span.length > entry.size:
                continue
            left -= span.length
            if left < 0:
                break
            digests[name] = str(self._digest(entry, span))
        return digests

    def _digest(self, entry: FileEntry, span: Span) -> Digest:
        hasher = Hasher()
        for chunk in self.artifacts.blob(entry).read(span.start, span.start + span.length):
            hasher.update(chunk)
        return hasher.digest()
