"""Inspections: what the registry found out about content without running any of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected, Moment, moment, reference_at
from modelkeep.client.http import Call
from modelkeep.client.listing import Listing
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class SignatureField:
    """An input or an output of a model; an extent of a shape is a number, the name of a symbol, or None for any."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None
    optional: bool

    @classmethod
    def read(cls, answer: Answer) -> "SignatureField":
        """Read what the server says."""
        return cls(
            answer.text("name"), answer.text("dtype"), _shape(answer.json("shape")), bool(answer.flag("optional"))
        )


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """A file of a known format, or why it could not be read."""

    path: str
    size: int
    format: str | None
    parameter_count: int | None
    problem: str | None

    @classmethod
    def read(cls, answer: Answer) -> "InspectedFile":
        """Read what the server says."""
        return cls(
            answer.text("path"),
            answer.integer("size"),
            answer.find_text("format"),
            answer.find_integer("parameter_count"),
            answer.find_text("problem"),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a scanner found; the path is empty for the whole content."""

    rule: str
    verdict: str
    path: str
    message: str

    @classmethod
    def read(cls, answer: Answer) -> "Finding":
        """Read what the server says."""
        return cls(answer.text("rule"), answer.text("verdict"), answer.text("path"), answer.text("message"))


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that a file of a version holds."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    parameters: int
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Tensor":
        """Read what the server says."""
        shape = tuple(extent for extent in _shape(answer.json("shape")) or () if isinstance(extent, int))
        return cls(answer.text("name"), answer.text("dtype"), shape, answer.integer("parameters"), answer.document)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about the content of a version.

    `inputs` and `outputs` are None where the files say nothing of them, `parameter_count` where the format does not.
    `verdict` is `pass`, `inconclusive`, `suspicious` or `malicious`: nothing but an explicit pass passes.
    `format_policy` is `data-only`, `code-capable` or `unknown`: whether loading any of the files could run code.
    """

    format: str
    parameter_count: int | None
    tensor_count: int
    inputs: tuple[SignatureField, ...] | None
    outputs: tuple[SignatureField, ...] | None
    libraries: tuple[str, ...]
    licence: str | None
    details: Mapping[str, str]
    notes: tuple[str, ...]
    files: tuple[InspectedFile, ...]
    verdict: str
    format_policy: str
    findings: tuple[Finding, ...]
    sandbox: str
    scanned_at: datetime
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Inspection":
        """Read what the server says."""
        return cls(
            format=answer.text("format"),
            parameter_count=answer.find_integer("parameter_count"),
            tensor_count=answer.integer("tensor_count"),
            inputs=_fields(answer, "inputs"),
            outputs=_fields(answer, "outputs"),
            libraries=answer.texts("libraries"),
            licence=answer.find_text("licence"),
            details={key: str(value) for key, value in answer.mapping("details").items()},
            notes=answer.texts("notes"),
            files=tuple(InspectedFile.read(item) for item in answer.items("files")),
            verdict=answer.text("verdict"),
            format_policy=answer.text("format_policy"),
            findings=tuple(Finding.read(item) for item in answer.items("findings")),
            sandbox=answer.text("sandbox"),
            scanned_at=answer.time("scanned_at"),
            document=answer.document,
        )


class InspectionMethods(Connected):
    """What a registry object can do with inspections."""

    def inspection(self, reference: str, *, as_of: Moment | None = None) -> Inspection:
        """Return what was found out about the content of a version.

        Raises:
            NotFoundError: nothing answers to the reference, or its content was not inspected yet.
        """
        asked = reference_at(reference, as_of)
        path = f"{self._version_path(str(asked))}/inspection"
        return Inspection.read(self._session.get(path, as_of=moment(asked.as_of)))

    def inspect_again(self, reference: str) -> Inspection:
        """Have the content of a version inspected again, now, and return what was found."""
        call = Call("POST", f"{self._version_path(reference)}/inspection")
        return Inspection.read(self._session.answer(call))

    def tensors(self, reference: str, *, as_of: Moment | None = None) -> Listing[Tensor]:
        """Yield the tensors of a version's model, in the order of its files; pages are fetched as they are needed.

        Raises:
            NotFoundError: nothing answers to the reference, or its content was not inspected yet.
        """
        asked = reference_at(reference, as_of)
        path = f"{self._version_path(str(asked))}/inspection/tensors"
        return self._pages(path, Tensor.read, as_of=moment(asked.as_of))


def _fields(answer: Answer, key: str) -> tuple[SignatureField, ...] | None:
    if answer.json(key) is None:
        return None
    return tuple(SignatureField.read(item) for item in answer.items(key))


def _shape(value: Json) -> tuple[int | str | None, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple(extent if isinstance(extent, int | str) else None for extent in value)
