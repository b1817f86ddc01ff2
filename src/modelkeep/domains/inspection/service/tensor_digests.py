"""Digests of tensors, made from ranges of the stored files when versions are first compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.artifacts import ArtifactService, BlobSource
from modelkeep.domains.inspection.domain.contents import ContentFacts
from modelkeep.domains.inspection.domain.diffs import DigestedTensor
from modelkeep.domains.inspection.domain.facts import Span
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.kernel.digests import Digest, Hasher
from modelkeep.kernel.manifests import FileEntry
from modelkeep.platform.database import Database

MOST_BYTES: Final = 2**30
"""How much of a content is read for its digests; what is beyond stays uncompared."""
_GAP: Final = 64
"""The most bytes that are read between two tensors, which align the second, rather than begin to read anew."""


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
        wanted: dict[str, tuple[str, Span]] = {}
        left = MOST_BYTES
        for name, (path, tensor) in facts.located().items():
            span, entry = tensor.span, files.get(path)
            if span is None or entry is None or span.start + span.length > entry.size:
                continue
            left -= span.length
            if left < 0:
                break
            wanted[name] = path, span
        made = {
            (path, span): str(digest)
            for path, spans in _runs(wanted.values())
            for span, digest in _digests(self.artifacts.blob(files[path]), spans)
        }
        return {name: made[place] for name, place in wanted.items()}


def _runs(places: Iterable[tuple[str, Span]]) -> Iterator[tuple[str, Sequence[Span]]]:
    """Yield the spans of each file that follow one another."""
    run: list[Span] = []
    before = ""
    for path, span in sorted(set(places), key=lambda place: (place[0], place[1].start, place[1].length)):
        if run and (path != before or not 0 <= span.start - run[-1].end <= _GAP):
            yield before, run
            run = []
        before = path
        run.append(span)
    if run:
        yield before, run


def _digests(blob: BlobSource, spans: Sequence[Span]) -> Iterator[tuple[Span, Digest]]:
    """Yield the digest of each of the spans that follow one another, from one read."""
    pieces, piece, begin = blob.read(spans[0].start, spans[-1].end), memoryview(b""), spans[0].start
    for span in spans:
        hasher, place = Hasher(), span.start
        while place < span.end:
            if place < begin + len(piece):
                part = piece[place - begin : span.end - begin]
                hasher.update(part)
                place += len(part)
            else:
                begin, piece = begin + len(piece), memoryview(next(pieces))
        yield span, hasher.digest()
    for _ in pieces:  # to its end, where it is said to be whole
        pass
