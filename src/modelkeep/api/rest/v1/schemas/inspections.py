"""Inspections on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import Out, ReceiptOut, Timestamp
from modelkeep.domains.inspection import (
    Dimension,
    FileReading,
    Finding,
    FormatPolicy,
    Inspection,
    Tensor,
    Tool,
    Verdict,
)
from modelkeep.domains.inspection import Field as SignatureField
from modelkeep.kernel.events import Recorded


class FieldOut(Out):
    """An input or an output."""

    name: str
    dtype: str = Field(description="Empty where the format does not say")
    shape: list[Dimension] | None = Field(description="Null for an extent that may be any; null where nobody says")
    optional: bool

    @classmethod
    def of(cls, field: SignatureField) -> Self:
        """Present a field."""
        shape = None if field.shape is None else list(field.shape)
        return cls(name=field.name, dtype=field.dtype, shape=shape, optional=field.optional)

    @classmethod
    def all_of(cls, fields: tuple[SignatureField, ...] | None) -> list[Self] | None:
        """Present fields; None where the files say nothing of them."""
        return None if fields is None else [cls.of(field) for field in fields]


class FileReadingOut(Out):
    """What one file is, or why it could not be read."""

    path: str
    size: int
    format: str | None
    parameter_count: int | None
    problem: str | None

    @classmethod
    def of(cls, reading: FileReading) -> Self:
        """Present a file."""
        facts = reading.facts
        return cls(
            path=reading.path,
            size=reading.size,
            format=None if facts is None else facts.format,
            parameter_count=None if facts is None else facts.parameter_count,
            problem=reading.problem,
        )


class FindingOut(Out):
    """Something that a scanner found; `path` is empty for the whole content."""

    rule: str
    verdict: Verdict
    path: str
    message: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Present a finding."""
        return cls(rule=finding.rule, verdict=finding.verdict, path=finding.path, message=finding.message)


class ToolOut(Out):
    """What has looked."""

    name: str
    version: str
    ruleset: str

    @classmethod
    def of(cls, tool: Tool) -> Self:
        """Present a tool."""
        return cls(name=tool.name, version=tool.version, ruleset=tool.ruleset)


class TensorOut(Out):
    """A tensor that a file holds."""

    name: str
    dtype: str
    shape: list[int]
    parameters: int

    @classmethod
    def of(cls, name: str, tensor: Tensor) -> Self:
        """Present a tensor."""
        return cls(name=name, dtype=tensor.dtype, shape=list(tensor.shape), parameters=tensor.parameters)


class InspectionOut(Out):
    """What was found out about content without running any of it; tensors are listed by a route of their own."""

    manifest_digest: str
    format: str = Field(description="`unknown` where no file is of a format that is read")
    parameter_count: int | None
    tensor_count: int
    inputs: list[FieldOut] | None
    outputs: list[FieldOut] | None
    libraries: list[str]
    licence: str | None
    details: dict[str, str]
    notes: list[str]
    files: list[FileReadingOut]
    verdict: Verdict
    format_policy: FormatPolicy = Field(
        description="Whether loading any of the files could run code; `unknown` if one could not be judged"
    )
    findings: list[FindingOut]
    tools: list[ToolOut]
    sandbox: str = Field(description="How well the reading process was confined: `full` or `reduced`")
    scanned_at: Timestamp
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, recorded: Recorded[Inspection]) -> Self:
        """Present an inspection."""
        found = recorded.value
        facts = found.facts
        return cls(
            manifest_digest=str(found.manifest_digest),
            format=found.format,
            parameter_count=facts.parameter_count,
            tensor_count=found.tensor_count,
            inputs=FieldOut.all_of(facts.signature.inputs),
            outputs=FieldOut.all_of(facts.signature.outputs),
            libraries=list(facts.libraries),
            licence=facts.licence,
            details=dict(facts.details),
            notes=list(facts.notes),
            files=[FileReadingOut.of(one) for one in found.contents.files],
            verdict=found.verdict,
            format_policy=found.format_policy,
            findings=[FindingOut.of(finding) for finding in found.findings],
            tools=[ToolOut.of(tool) for tool in found.tools],
            sandbox=found.sandbox,
            scanned_at=found.scanned_at,
            audit=ReceiptOut.of(recorded.receipt),
        )
