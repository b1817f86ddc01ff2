"""Reads the files of a version in the sandbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from modelkeep.domains.artifacts import ArtifactService, BlobSource
from modelkeep.domains.inspection.domain.contents import ContentFacts, FileReading, together, worth_reading
from modelkeep.domains.inspection.domain.fact_json import read_facts_json, read_tensors_json
from modelkeep.domains.inspection.ports import INSPECTION_SECONDS, SourceFile
from modelkeep.kernel.events import Json
from modelkeep.kernel.manifests import FileEntry
from modelkeep.platform.sandbox import Allowance, Completed, Limits, Outcome, Sandbox

_GUEST: Final = "modelkeep.domains.inspection.domain.reading"
_LIMITS: Final = Limits(memory_bytes=512 * 2**20, cpu_seconds=30, wall_seconds=60.0, answer_bytes=32 * 2**20)
_ALONE: Final = 20
"""How many files are read one by one where they cannot be read together."""


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A file of a version in the object store."""

    blob: BlobSource

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.blob.size

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly these bytes."""
        return b"".join(self.blob.read(offset, offset + length))


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Finds the model files among the files of a version, and has them read where they can do no harm.

    `confine` returns the sandbox; it is measured when it is first needed.
    """

    artifacts: ArtifactService
    confine: Callable[[], Sandbox]

    @property
    def level(self) -> str:
        """How well the reading process is confined."""
        return self.confine().isolation.level.value

    def sources(self, files: Mapping[str, FileEntry]) -> list[SourceFile]:
        """Return all files of a version, the greatest first."""
        ordered = sorted(files.values(), key=lambda entry: (-entry.size, entry.path))
        return [SourceFile(entry.path, StoredSource(self.artifacts.blob(entry))) for entry in ordered]

    def read(self, files: Mapping[str, FileEntry], allowance: Allowance | None = None) -> ContentFacts:
        """Read what the files say; what is not read in time is unreadable.

        Raises:
            StoppedError: it was called off.
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
        """
        paths = worth_reading({path: entry.size for path, entry in files.items()})
        candidates = [SourceFile(path, StoredSource(self.artifacts.blob(files[path]))) for path in paths]
        sandbox = self.confine().within(allowance or Allowance.of(INSPECTION_SECONDS))
        return together(read_files(sandbox, candidates))


def read_files(sandbox: Sandbox, files: Sequence[SourceFile]) -> list[FileReading]:
    """Have files read in the sandbox, together; one by one where that fails."""
    if not files:
        return []
    outcome = _run(sandbox, files)
    if isinstance(outcome, Completed):
        answers = cast("Sequence[Mapping[str, Any] | None]", outcome.value)
        return [_reading(file, answer) for file, answer in zip(files, answers, strict=True)]
    if len(files) > 1:
        return [reading for file in _known(sandbox, files)[:_ALONE] for reading in read_files(sandbox, [file])]
    problem = f"it could not be read: {outcome.failure.value} {outcome.detail}".rstrip()
    return [FileReading(files[0].path, files[0].source.size, problem=problem)]


def _known(sandbox: Sandbox, files: Sequence[SourceFile]) -> Sequence[SourceFile]:
    """Return those that begin as a format does that is read; all of them where there was no time to look."""
    outcome = _run(sandbox, files, heads_only=True)
    if not isinstance(outcome, Completed):
        return files
    answers = cast("Sequence[bool]", outcome.value)
    return [file for file, is_known in zip(files, answers, strict=True) if is_known]


def _run(sandbox: Sandbox, files: Sequence[SourceFile], *, heads_only: bool = False) -> Outcome:
    arguments: dict[str, Json] = {"paths": [file.path for file in files], "heads_only": heads_only}
    return sandbox.run(_GUEST, [file.source for file in files], arguments, limits=_LIMITS)


def _reading(file: SourceFile, answer: Mapping[str, Any] | None) -> FileReading:
    size = file.source.size
    if answer is None:
        return FileReading(file.path, size)
    if "problem" in answer:
        return FileReading(file.path, size, problem=answer["problem"])
    return FileReading(file.path, size, read_facts_json(answer["facts"], read_tensors_json(answer["tensors"])))
