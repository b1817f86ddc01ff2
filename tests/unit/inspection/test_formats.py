"""What is read of small models that the libraries of their formats have written."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature, Span, Tensor
from modelkeep.domains.inspection.domain.formats import read_facts
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

FILES = Path(__file__).parents[2] / "model_files"
FOUR_FEATURES = Signature(inputs=(Field("X", "", (None, 4)),))
LINEAR = (("0.weight", (3, 4)), ("0.bias", (3,)), ("2.weight", (1, 3)), ("2.bias", (1,)))


def facts_of(name: str, data: bytes | None = None) -> FormatFacts:
    content = (FILES / name).read_bytes() if data is None else data
    found = read_facts(name, Window(BytesIO(content)))
    assert found is not None
    return found


def shapes(facts: FormatFacts) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((tensor.name, tensor.shape) for tensor in facts.tensors)


def test_safetensors_tells_its_tensors_and_where_they_lie() -> None:
    found = facts_of("two.safetensors")
    assert (found.format, found.parameter_count, found.licence) == ("safetensors", 15, "apache-2.0")
    assert found.tensors == (
        Tensor("w", "float32", (3, 4), Span(176, 48)),
        Tensor("b", "float16", (3,), Span(224, 6)),
    )
    assert found.libraries == ("safetensors",)


def test_onnx_tells_its_signature_its_weights_and_what_it_was_made_with() -> None:
    found = facts_of("gemm.onnx")
    assert (found.format, found.parameter_count, found.licence) == ("onnx", 15, "mit")
    assert found.signature == Signature((Field("x", "float32", ("batch", 4)),), (Field("y", "float32", ("batch", 3)),))
    assert shapes(found) == (("w", (4, 3)), ("b", (3,)))
    assert (found.details["opsets"], found.details["producer"], found.details["operators"]) == (
        "ai.onnx 17",
        "zoo",
        "Gemm",
    )


def test_gguf_tells_its_tensors_its_architecture_and_that_it_has_a_chat_template() -> None:
    found = facts_of("tiny.gguf")
    assert (found.format, found.parameter_count, found.licence) == ("gguf", 320, "mit")
    assert found.tensors == (
        Tensor("token_embd.weight", "float32", (2, 32), Span(448, 256)),
        Tensor("blk.0.ffn.weight", "float16", (4, 64), Span(704, 512)),
    )
    assert found.details["general.architecture"] == "llama"
    assert found.details["llama.context_length"] == "128"
    assert found.details["chat_template"] == "yes"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("state_dict.pt", "pytorch"), ("module.pt", "pytorch"), ("legacy.pt", "pytorch"), ("script.jit", "torchscript")],
)
def test_pytorch_files_of_every_age_tell_the_same_tensors(name: str, kind: str) -> None:
    found = facts_of(name)
    assert (found.format, found.parameter_count, found.libraries) == (kind, 19, ("torch",))
    assert shapes(found) == LINEAR
    assert {tensor.dtype for tensor in found.tensors} == {"float32"}


def test_the_bytes_of_a_tensor_are_where_a_pytorch_archive_says() -> None:
    place = facts_of("state_dict.pt").tensors[0].span
    assert place is not None
    assert (FILES / "state_dict.pt").read_bytes()[place.start - 64 : place.start].endswith(b"Z")
    assert place.length == 48


@pytest.mark.parametrize(
    ("name", "kind", "others"),
    [
        ("pipeline.pkl", "pickle", ()),
        ("pipeline.joblib", "joblib", ("joblib",)),
        ("packed.joblib", "joblib", ("joblib",)),
    ],
)
def test_pickled_estimators_tell_arrays_features_and_libraries(name: str, kind: str, others: tuple[str, ...]) -> None:
    found = facts_of(name)
    assert (found.format, found.parameter_count) == (kind, 20)
    assert found.libraries == (*others, "numpy", "scikit-learn==1.9.1")
    assert found.signature == FOUR_FEATURES
    assert found.details["class"] == "sklearn.pipeline.Pipeline"
    assert ("steps.1.1.coef_", (1, 4)) in shapes(found)


@pytest.mark.parametrize("name", ["model.pkl.gz", "model.pickle.z", "Model.PKL.GZ", "v1/model.joblib.gz"])
def test_the_name_of_a_packed_pickle_may_end_in_how_it_is_packed(name: str) -> None:
    found = facts_of(name, gzip.compress((FILES / "pipeline.pkl").read_bytes()))
    assert (found.format, found.parameter_count, found.details["packed"]) == ("pickle", 20, "gzip")


def test_arrays_within_a_stream_of_joblib_are_passed_over() -> None:
    found = facts_of("forest.joblib")
    assert found.signature == FOUR_FEATURES
    nodes = [tensor for tensor in found.tensors if tensor.name == "estimators_.4.tree_.nodes"]
    assert [tensor.dtype for tensor in nodes] == ["V64"]


def test_skops_tells_what_a_pickle_would() -> None:
    found = facts_of("regression.skops")
    assert (found.format, found.details["class"]) == ("skops", "sklearn.linear_model._base.LinearRegression")
    assert found.libraries == ("numpy", "scikit-learn", "skops>=0.16.0")
    assert found.signature == Signature(inputs=(Field("X", "", (None, 3)),))
    assert ("coef_", (3,)) in shapes(found)


def test_numpy_files_tell_their_arrays() -> None:
    assert facts_of("array.npy").tensors == (Tensor("", "float64", (2, 3), Span(128, 48)),)
    assert facts_of("arrays.npz").tensors == (
        Tensor("w", "float32", (2, 3), Span(183, 24)),
        Tensor("b", "float64", (2,), Span(390, 16)),
    )


def test_keras_archives_tell_inputs_outputs_and_weights() -> None:
    found = facts_of("functional.keras")
    assert (found.format, found.parameter_count, found.libraries) == ("keras", 7, ("keras==3.15.1",))
    assert found.signature == Signature(
        (Field("a", "float32", (None, 4)), Field("b", "float32", (None, 2))), (Field("o", ""),)
    )
    assert shapes(found) == (("layers/dense/vars/0", (6, 1)), ("layers/dense/vars/1", (1,)))


def test_keras_in_hdf5_tells_the_same() -> None:
    found = facts_of("sequential.h5")
    assert (found.format, found.parameter_count) == ("keras-h5", 19)
    assert found.libraries == ("h5py", "keras==3.15.1")
    assert found.signature == Signature((Field("features", "float32", (None, 4)),), (Field("score", ""),))
    assert ("model_weights/hidden/sequential/hidden/kernel", (4, 3)) in shapes(found)


def test_what_is_not_read_of_hdf5_is_said() -> None:
    found = facts_of("dense_groups.h5")
    assert found.parameter_count is None
    assert "there are more tensors" in found.notes[0]


def test_a_saved_model_tells_its_serving_signature_and_its_variables() -> None:
    found = facts_of("saved_model.pb")
    assert (found.format, found.parameter_count) == ("tensorflow-saved-model", 12)
    assert found.tensors == (Tensor("dense/kernel", "float32", (4, 3)),)
    assert found.signature == Signature(
        (Field("features", "float32", (None, 4)),), (Field("score", "float32", (None, 3)),)
    )
    assert found.libraries == ("tensorflow>=2.20.0",)
    assert found.details["operators"] == "MatMul, Relu, VarHandleOp"


def test_tflite_tells_its_signature_and_its_weights() -> None:
    found = facts_of("dense.tflite")
    assert (found.format, found.parameter_count) == ("tflite", 12)
    assert found.signature == Signature((Field("x", "float32", (None, 4)),), (Field("y", "float32", (None, 3)),))
    assert shapes(found) == (("dense/kernel", (3, 4)),)


@pytest.mark.parametrize("name", ["xgboost.json", "xgboost.ubj"])
def test_both_formats_of_xgboost_tell_features_classes_and_trees(name: str) -> None:
    found = facts_of(name)
    features = tuple(Field(name, "", (None,)) for name in "abcd")
    assert found.signature == Signature(features, (Field("prediction", "", (None, 3)),))
    assert found.details == {"objective": "multi:softprob", "trees": "6"}
    assert found.libraries == ("xgboost>=3.2.0",)


def test_lightgbm_tells_features_and_trees() -> None:
    found = facts_of("lightgbm.txt")
    assert [field.name for field in found.signature.inputs or ()] == ["Column_0", "Column_1", "Column_2", "Column_3"]
    assert (found.details["trees"], found.details["objective"]) == ("3", "binary sigmoid:1")


def test_catboost_tells_features_and_trees() -> None:
    found = facts_of("catboost.cbm")
    assert [(field.name, field.dtype) for field in found.signature.inputs or ()] == [
        (str(place), "float32") for place in range(4)
    ]
    assert found.details["trees"] == "3"


def test_mlmodel_tells_flavours_and_the_signature_that_was_logged() -> None:
    found = facts_of("MLmodel")
    assert found.details["flavours"] == "python_function, sklearn"
    assert found.signature == Signature(
        (Field("amount", "float64", (None,)), Field("country", "string", (None,), optional=True)),
        (Field("output", "float32", (None, 2)),),
    )
    assert facts_of("requirements.txt").libraries == ("mlflow==3.17.2", "numpy>=2", "scikit-learn==1.9.1")


def test_a_file_of_no_known_format_has_no_facts() -> None:
    assert read_facts("notes.md", Window(BytesIO(b"# A model"))) is None
    assert read_facts("empty", Window(BytesIO(b""))) is None


@pytest.mark.parametrize("name", sorted(file.name for file in FILES.iterdir() if file.name != "README.md"))
def test_a_file_that_ends_too_early_is_unreadable_or_says_less_but_never_more(name: str) -> None:
    data = (FILES / name).read_bytes()
    whole = facts_of(name, data)
    for end in range(0, len(data), max(1, len(data) // 60)):
        try:
            cut = read_facts(name, Window(BytesIO(data[:end])))
        except UnreadableFileError:
            continue
        assert cut is None or len(cut.tensors) <= len(whole.tensors)
