"""How large a step of a version's number what changed in its content asks for."""

from dataclasses import replace

import pytest

from modelkeep.domains.inspection.domain.changes import compare
from modelkeep.domains.inspection.domain.contents import ContentFacts, FileReading, together
from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature, Tensor
from modelkeep.kernel.semver import Bump

X = Field("x", "float32", ("batch", 4))
Y = Field("y", "float32", ("batch", 3))
WEIGHT = Tensor("w", "float32", (4, 3))
BASE = FormatFacts("onnx", 12, (WEIGHT,), Signature((X,), (Y,)))


def content(facts: FormatFacts, path: str = "model.onnx") -> ContentFacts:
    return together([FileReading(path, 100, facts)])


def with_inputs(*inputs: Field) -> FormatFacts:
    return replace(BASE, signature=Signature(inputs, (Y,)))


def with_outputs(*outputs: Field) -> FormatFacts:
    return replace(BASE, signature=Signature((X,), outputs))


def with_tensors(*tensors: Tensor) -> FormatFacts:
    return replace(BASE, tensors=tensors)


@pytest.mark.parametrize(
    ("after", "level", "reason"),
    [
        (BASE, Bump.PATCH, "inputs, outputs and architecture are the same"),
        (with_inputs(), Bump.MAJOR, "major: the input x is gone"),
        (
            with_inputs(replace(X, dtype="float64")),
            Bump.MAJOR,
            "the input x is float64[batch, 4], and was float32[batch, 4]",
        ),
        (with_inputs(replace(X, shape=("batch", 5))), Bump.MAJOR, "the input x is float32[batch, 5]"),
        (with_inputs(X, Field("z", "int64", (None,))), Bump.MAJOR, "the input z must be given now"),
        (with_inputs(X, Field("z", "int64", (None,), optional=True)), Bump.MINOR, "the input z may be given now"),
        (with_outputs(), Bump.MAJOR, "the output y is gone"),
        (with_outputs(Y, Field("p", "float32", ("batch",))), Bump.MINOR, "minor: the output p is new"),
        (with_tensors(WEIGHT, Tensor("b", "float32", (3,))), Bump.MAJOR, "1 tensor is new: b"),
        (with_tensors(), Bump.MAJOR, "1 tensor is gone: w"),
        (with_tensors(replace(WEIGHT, shape=(4, 8))), Bump.MAJOR, "1 tensor is of another shape: w"),
        (with_tensors(replace(WEIGHT, dtype="float16")), Bump.PATCH, "1 tensor is of another type: w"),
        (replace(BASE, format="safetensors"), Bump.MAJOR, "the format is safetensors, and was onnx"),
        (replace(BASE, libraries=("other",), notes=("none",)), Bump.PATCH, "are the same"),
    ],
)
def test_the_largest_change_decides(after: FormatFacts, level: Bump, reason: str) -> None:
    change = compare(content(BASE), content(after))
    assert change is not None
    assert change.level is level
    assert any(reason in line for line in change.reasons)


def test_an_input_that_becomes_optional_is_no_change_and_the_opposite_is_a_large_one() -> None:
    optional = with_inputs(replace(X, optional=True))
    relaxed, tightened = compare(content(BASE), content(optional)), compare(content(optional), content(BASE))
    assert relaxed is not None
    assert tightened is not None
    assert (relaxed.level, tightened.level) == (Bump.PATCH, Bump.MAJOR)


def test_where_one_side_is_of_no_known_format_nothing_is_compared() -> None:
    assert compare(content(BASE), together([FileReading("notes.txt", 4)])) is None
    assert compare(together([]), content(BASE)) is None


def test_a_format_without_a_signature_is_compared_by_its_tensors_alone() -> None:
    plain = replace(BASE, signature=Signature())
    change = compare(content(BASE), content(plain))
    assert change is not None
    assert change.level is Bump.PATCH


def test_a_file_may_be_called_otherwise_and_a_model_be_cut_into_several() -> None:
    bias = Tensor("b", "float32", (3,))
    one = together([FileReading("model.safetensors", 200, replace(with_tensors(WEIGHT, bias), format="safetensors"))])
    two = together(
        [
            FileReading("a-00001.safetensors", 100, replace(with_tensors(WEIGHT), format="safetensors")),
            FileReading("a-00002.safetensors", 100, replace(with_tensors(bias), format="safetensors")),
        ]
    )
    change = compare(one, two)
    assert change is not None
    assert change.level is Bump.PATCH


def test_many_changes_are_told_in_few_lines_the_largest_first() -> None:
    renamed = with_tensors(*(Tensor(f"layer.{place}", "float32", (2,)) for place in range(1000)))
    change = compare(content(BASE), content(replace(renamed, signature=Signature((X,), (Y, Field("p", ""))))))
    assert change is not None
    assert change.reasons[-1] == "minor: the output p is new"
    assert all(len(reason) < 1000 for reason in change.reasons)
