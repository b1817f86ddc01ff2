"""Differences between versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `added`, `removed` or `changed`; a side is None where it is not there."""

    name: str
    kind: str
    before: str | None
    after: str | None

    @classmethod
    def read(cls, answer: Answer) -> "Difference":
        """Read what the server says."""
        return cls(answer.text("name"), answer.text("kind"), answer.find_text("before"), answer.find_text("after"))


@dataclass(frozen=True, slots=True)
class TensorDifferences:
    """How tensors differ; `uncompared` ones are of the same type and shape, and their bytes were not compared."""

    listed: tuple[Difference, ...]
    added: int
    removed: int
    changed: int
    same: int
    uncompared: int

    @classmethod
    def read(cls, answer: Answer) -> "TensorDifferences":
        """Read what the server says."""
        counts = (answer.integer(name) for name in ("added", "removed", "changed", "same", "uncompared"))
        return cls(_differences(answer, "listed"), *counts)


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What is different from one version to another.

    `step` is the step of the version's number that the content asks for, with its `reasons`; None where the files of
    one of them tell nothing.
    """

    before: str
    after: str
    step: str | None
    reasons: tuple[str, ...]
    metrics: tuple[Difference, ...]
    params: tuple[Difference, ...]
    files: tuple[Difference, ...]
    tensors: TensorDifferences
    card_sections: tuple[str, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "VersionDiff":
        """Read what the server says."""
        step = answer.find("step")
        return cls(
            before=answer.text("before"),
            after=answer.text("after"),
            step=step.text("level") if step else None,
            reasons=step.texts("reasons") if step else (),
            metrics=_differences(answer, "metrics"),
            params=_differences(answer, "params"),
            files=_differences(answer, "files"),
            tensors=TensorDifferences.read(answer.find("tensors") or Answer({})),
            card_sections=answer.texts("card_sections"),
            document=answer.document,
        )


class DiffMethods(Connected):
    """What a registry object can do with two versions."""

    def diff(self, before: str, after: str) -> VersionDiff:
        """Return what is different from one version to another, which may be of another model.

        Raises:
            NotFoundError: one of them is not there.
        """
        return VersionDiff.read(self._session.get("/diff", before=before, after=after))


def _differences(answer: Answer, key: str) -> tuple[Difference, ...]:
    return tuple(Difference.read(item) for item in answer.items(key))
