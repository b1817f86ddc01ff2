"""Differences between versions on the wire."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import Out
from modelkeep.domains.inspection import Difference, VersionDiff


class DifferenceOut(Out):
    """One thing that differs."""

    name: str
    kind: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None

    @classmethod
    def all_of(cls, differences: Iterable[Difference]) -> list[Self]:
        """Present differences."""
        return [cls(name=one.name, kind=one.kind.value, before=one.before, after=one.after) for one in differences]


class StepOut(Out):
    """How large a step of the version's number the content asks for, and why."""

    level: Literal["major", "minor", "patch"]
    reasons: list[str]


class TensorDifferencesOut(Out):
    """How tensors differ; all are counted, up to 1,000 listed."""

    added: int
    removed: int
    changed: int
    same: int
    uncompared: int = Field(description="Of the same type and shape; their bytes were packed, scattered or too many")
    listed: list[DifferenceOut]


class VersionDiffOut(Out):
    """What is different from one version to another; up to 1,000 of each kind are listed."""

    before: str
    after: str
    step: StepOut | None = Field(description="Null where the files of one of them tell nothing")
    metrics: list[DifferenceOut]
    params: list[DifferenceOut]
    files: list[DifferenceOut]
    tensors: TensorDifferencesOut
    card_sections: list[str] = Field(description="Sections of the model card that differ")

    @classmethod
    def of(cls, diff: VersionDiff) -> Self:
        """Present a difference."""
        step, tensors = diff.step, diff.tensors
        return cls(
            before=diff.before,
            after=diff.after,
            step=None if step is None else StepOut(level=step.level.value, reasons=list(step.reasons)),
            metrics=DifferenceOut.all_of(diff.metrics),
            params=DifferenceOut.all_of(diff.parameters),
            files=DifferenceOut.all_of(diff.files),
            tensors=TensorDifferencesOut(
                added=tensors.added,
                removed=tensors.removed,
                changed=tensors.changed,
                same=tensors.same,
                uncompared=tensors.uncompared,
                listed=DifferenceOut.all_of(tensors.listed),
            ),
            card_sections=list(diff.card_sections),
        )
