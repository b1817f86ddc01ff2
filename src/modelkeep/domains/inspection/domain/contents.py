"""What several files say together about the one model that they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Signature, Tensor

UNKNOWN: Final = "unknown"
MOST_FILES: Final = 1000
"""How many files of a version are read."""

_BESIDE: Final = frozenset({"mlflow", "requirements"})
"""What describes a model, and is none."""

_NO_MODELS: Final = frozenset(
    {
        "bmp",
        "cfg",
        "css",
        "csv",
        "gif",
        "htm",
        "html",
        "ico",
        "ini",
        "jpeg",
        "jpg",
        "js",
        "lock",
        "md",
        "parquet",
        "pdf",
        "png",
        "py",
        "rst",
        "sh",
        "svg",
        "toml",
        "tsv",
        "yaml",
        "yml",
    }
)


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file says, or why it could not be read; neither for a file of no known format."""

    path: str
    size: int
    facts: FormatFacts | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What the files of a version say: together, and each for itself."""

    whole: FormatFacts
    files: tuple[FileReading, ...] = field(default=())

    @property
    def model_formats(self) -> tuple[str, ...]:
        """The formats of the files that are models, by name."""
        return tuple(sorted({one.facts.format for one in self.files if one.facts is not None} - _BESIDE))

    @property
    def unread(self) -> tuple[str, ...]:
        """The paths of the files that look like models and could not be read."""
        return tuple(one.path for one in self.files if one.problem is not None)

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors of the model by name; a name that two files have is one in each of them."""
        return {name: tensor for name, (_, tensor) in self.located().items()}

    def located(self) -> dict[str, tuple[str, Tensor]]:
        """Return the same, each with the path of its file."""
        seen: dict[str, tuple[str, Tensor]] = {}
        for reading in self._main():
            for tensor in reading.facts.tensors if reading.facts else ():
                name = tensor.name if tensor.name not in seen else f"{reading.path}:{tensor.name}"
                seen[name] = (reading.path, tensor)
        return seen

    def _main(self) -> Iterator[FileReading]:
        return (one for one in self.files if one.facts is not None and one.facts.format == self.whole.format)


def worth_reading(sizes: Mapping[str, int]) -> list[str]:
    """Return the paths of the files that may be models or describe one, the greatest first."""
    paths = [path for path, size in sizes.items() if size and path.rpartition(".")[2].lower() not in _NO_MODELS]
    return sorted(paths, key=lambda path: (-sizes[path], path))[:MOST_FILES]


def together(files: Sequence[FileReading]) -> ContentFacts:
    """Return what files say together: the format of most bytes is the model's, and its files are counted."""
    known = [one for one in files if one.facts is not None]
    format_name = _format(known)
    main = [one.facts for one in known if one.facts is not None and one.facts.format == format_name]
    others = sorted({one.facts.format for one in known if one.facts} - {format_name} - _BESIDE)
    whole = FormatFacts(
        format=format_name,
        parameter_count=_parameters(main),
        signature=_signature(known, main),
        libraries=tuple(sorted({name for one in known if one.facts for name in one.facts.libraries})),
        licence=next((one.facts.licence for one in known if one.facts and one.facts.licence), None),
        details=_details(known, main),
        notes=(*_notes(files), *((f"holds {', '.join(others)} as well",) if others else ())),
    )
    return ContentFacts(whole, tuple(one for one in files if one.facts is not None or one.problem is not None))


def _format(known: Iterable[FileReading]) -> str:
    sizes: dict[str, int] = {}
    for one in known:
        if one.facts is not None:
            sizes[one.facts.format] = sizes.get(one.facts.format, 0) + one.size
    models = {name: size for name, size in sizes.items() if name not in _BESIDE} or {
        name: size for name, size in sizes.items() if name != "requirements"
    }
    return max(models, key=lambda name: (models[name], name), default=UNKNOWN)


def _parameters(main: Sequence[FormatFacts]) -> int | None:
    counts = [facts.parameter_count for facts in main]
    return sum(count for count in counts if count is not None) if counts and None not in counts else None


def _signature(known: Sequence[FileReading], main: Sequence[FormatFacts]) -> Signature:
    """Return what was logged for the model, or what its files say: the greatest that does."""
    logged = [one.facts for one in known if one.facts is not None and one.facts.format == "mlflow"]
    found = (facts.signature for facts in (*logged, *main) if facts.signature.known)
    return next(found, Signature())


def _details(known: Sequence[FileReading], main: Sequence[FormatFacts]) -> dict[str, str]:
    logged = [one.facts for one in known if one.facts is not None and one.facts.format == "mlflow"]
    details: dict[str, str] = {}
    for facts in (*main, *logged):
        details = {**facts.details, **details}
    return details


def _notes(files: Sequence[FileReading]) -> tuple[str, ...]:
    problems = [f"{one.path}: {one.problem}" for one in files if one.problem is not None]
    return (*problems[:20], *(f"{one.path}: {note}" for one in files[:20] if one.facts for note in one.facts.notes))


def without_tensors(facts: ContentFacts) -> ContentFacts:
    """Return the facts without their tensors, which are many."""
    files = tuple(replace(one, facts=replace(one.facts, tensors=()) if one.facts else None) for one in facts.files)
    return ContentFacts(facts.whole, files)
