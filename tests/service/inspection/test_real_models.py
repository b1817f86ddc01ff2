"""Models that others have published are read in the sandbox as the tools of their formats read them, and judged.

What is expected was read with those tools, of November 2026, and written down by hand: `tool` names them. A weight is
known by the first 16 digits of the SHA-256 of its bytes, which the tool has returned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import pytest
from tests.inspecting import Held
from tests.shipped_models import PACKAGES, ShippedModels

from modelkeep.domains.inspection import (
    AllowList,
    ContentScanner,
    Field,
    FileReading,
    FormatFacts,
    Signature,
    SourceFile,
    Verdict,
)
from modelkeep.domains.inspection.service.content_reader import read_files
from modelkeep.platform.sandbox import Sandbox


@dataclass(frozen=True)
class Weight:
    """A tensor of a model; `digest` is empty where its bytes are in another file, or scattered."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str = ""


@dataclass(frozen=True)
class Expected:
    """What a tool says of a file."""

    tool: str
    file: str
    format: str
    parameters: int | None
    tensors: int
    weight: Weight | None
    signature: Signature = field(default_factory=Signature)
    libraries: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict = Verdict.PASS


PITCH: Final = "basic_pitch/saved_models/icassp_2022/nmp"
STACK: Final = "exso_sdk/model_data/v2/exo_stacking_pipeline.pkl"
"""Three boosters are in it as their libraries save them: each is cut out of the pickle, and is a file of its own."""

VAD: Final = "silero_vad/data/silero_vad"
NOTES: Final = Signature(
    (Field("input_2", "float32", (None, 43844, 1)),),
    (
        Field("contour", "float32", (None, 172, 264)),
        Field("note", "float32", (None, 172, 88)),
        Field("onset", "float32", (None, 172, 88)),
    ),
)
MODELS: Final = (
    Expected(
        tool="safetensors 0.8.0: safe_open",
        file=f"{VAD}_16k.safetensors",
        format="safetensors",
        parameters=309_633,
        tensors=15,
        weight=Weight("conv1.weight", "float32", (128, 129, 3), "b855bc1ddb85994c"),
        libraries=("safetensors",),
    ),
    Expected(
        tool="onnx 1.23.2: load, check_model; initializers of the graph and its 24 subgraphs",
        file=f"{VAD}_16k_op15.onnx",
        format="onnx",
        parameters=309_633,
        tensors=15,
        weight=Weight("model.encoder.0.reparam_conv.weight", "float32", (128, 129, 3), "e493f78d769da476"),
        signature=Signature(
            (
                Field("input", "float32", ("batch", "sequence")),
                Field("state", "float32", (2, "batch", 128)),
                Field("sr", "int64", ()),
            ),
            (
                Field("output", "float32", ("batch", 1)),
                Field("stateN", "float32", ("AddstateN_dim_0", "batch", "AddstateN_dim_2")),
            ),
        ),
        libraries=("onnxruntime",),
        details={"ir_version": "8", "producer": "pytorch", "producer_version": "2.3.1", "opsets": "ai.onnx 15"},
    ),
    Expected(
        tool="torch 2.13.0: jit.load; 30 of state_dict() and two empty attributes",
        file=f"{VAD}.jit",
        format="torchscript",
        parameters=545_282,
        tensors=32,
        weight=Weight("_model.stft.forward_basis_buffer", "float32", (258, 1, 256), "3b69ddad309d3424"),
        libraries=("torch",),
        details={"class": "__torch__.vad.model.vad_annotator.VADRNNJITMerge"},
        verdict=Verdict.SUSPICIOUS,  # it holds code, which nobody has looked at
    ),
    Expected(
        tool="torch 2.13.0: load; written with Python 2, in the format before 1.6",
        file="lpips/weights/v0.1/alex.pth",
        format="pytorch",
        parameters=1152,
        tensors=5,
        weight=Weight("lin0.model.1.weight", "float32", (1, 64, 1, 1)),
        libraries=("torch",),
        details={"class": "collections.OrderedDict"},
    ),
    Expected(
        tool="torch 2.13.0: load; the optimizer has 381 tensors of 758,685 numbers",
        file="chgnet/pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
        format="pytorch",
        parameters=412_525,
        tensors=136,
        weight=Weight("model.state_dict.atom_embedding.embedding.weight", "float32", (94, 64), "05fc489ffe436384"),
        libraries=("torch",),
        details={"training_tensors": "381"},
    ),
    Expected(
        tool="joblib 1.6.0, scikit-learn 1.9.1: load; all arrays of five calibrated classifiers",
        file="profanity_check/data/model.joblib",
        format="joblib",
        parameters=77_237,
        tensors=21,
        weight=Weight("calibrated_classifiers_.1.estimator.coef_", "float64", (1, 15_442), "b66912ba9502205c"),
        signature=Signature((Field("X", "", (None, 15_442)),)),
        libraries=("joblib", "numpy", "scikit-learn==1.9.1"),
        details={"class": "sklearn.calibration.CalibratedClassifierCV"},
    ),
    Expected(
        tool="keras 3.15.1: load_model, count_params; h5py 3.16.0: 20 datasets of the optimizer",
        file="sleepecg/classifiers/wrn-gru-mesa.zip!classifier.keras",
        format="keras",
        parameters=7380,
        tensors=20,
        weight=Weight("layers/dense/vars/0", "float32", (36, 64), "286b9ad851e8b670"),
        signature=Signature((Field("input_layer", "float32", (None, None, 36)),), (Field("dense_1", ""),)),
        libraries=("keras==3.3.3",),
        details={"class": "keras.Sequential", "training_tensors": "20"},
    ),
    Expected(
        tool="h5py 3.16.0: datasets below model_weights, 105 below optimizer_weights; the attribute model_config",
        file="fer/data/emotion_model.hdf5",
        format="keras-h5",
        parameters=58_423,
        tensors=80,
        weight=Weight(
            "model_weights/separable_conv2d_8/separable_conv2d_8_1/pointwise_kernel:0",
            "float32",
            (1, 1, 128, 128),
            "38e7b100e1c9682e",
        ),
        signature=Signature((Field("input_1", "float32", (None, 64, 64, 1)),), (Field("predictions", ""),)),
        libraries=("h5py", "keras==2.0.5"),
        details={"backend": "tensorflow", "training_tensors": "105"},
    ),
    Expected(
        tool="tensorflow 2.21.0: SavedModel, train.list_variables; 49 are of the optimizer and of metrics",
        file=f"{PITCH}/saved_model.pb",
        format="tensorflow-saved-model",
        parameters=16_864,
        tensors=24,
        weight=Weight("conv2d_1/kernel", "float32", (3, 39, 8, 8)),
        signature=NOTES,
        libraries=("tensorflow>=2.4.1",),
        details={"tags": "serve", "training_tensors": "49"},
    ),
    Expected(
        tool="onnx 1.23.2: load, check_model",
        file=f"{PITCH}.onnx",
        format="onnx",
        parameters=36_037,
        tensors=102,
        weight=Weight("const_fold_opt__738", "float32", (32, 1, 7, 7), "38053f7f48602444"),
        signature=Signature(
            (Field("serving_default_input_2:0", "float32", ("unk__749", 43844, 1)),),
            (
                Field("StatefulPartitionedCall:2", "float32", ("unk__750", 172, 88)),
                Field("StatefulPartitionedCall:1", "float32", ("unk__751", 172, 88)),
                Field("StatefulPartitionedCall:0", "float32", ("unk__752", 172, 264)),
            ),
        ),
        libraries=("onnxruntime",),
        details={"producer": "tf2onnx", "producer_version": "1.15.1 37820d", "opsets": "ai.onnx 15, ai.onnx.ml 2"},
    ),
    Expected(
        tool="tensorflow 2.21.0: lite.Interpreter; tflite 2.18.0: tensors with bytes",
        file=f"{PITCH}.tflite",
        format="tflite",
        parameters=35_905,
        tensors=67,
        weight=Weight(
            "model_1/cq_t2010v2_1/conv1d_3;model_1/cq_t2010v2_1/conv1d_3",
            "float32",
            (36, 1, 256, 1),
            "006b9c1826f85e62",
        ),
        signature=NOTES,
        libraries=("ai-edge-litert",),
        details={"schema": "3", "description": "MLIR Converted."},
    ),
    Expected(
        tool="tensorflow 2.21.0: lite.Interpreter; tflite 2.18.0: tensors with bytes",
        file="fer/data/emotion_model_quantized.tflite",
        format="tflite",
        parameters=56_465,
        tensors=44,
        weight=Weight("tfl.pseudo_qconst1", "int8", (128, 1, 1, 128), "97b184bf58e1b42f"),
        signature=Signature((Field("x", "float32", (1, 64, 64, 1)),), (Field("Identity", "float32", (1, 7)),)),
        libraries=("ai-edge-litert",),
    ),
    Expected(
        tool="lightgbm 4.7.0: Booster(model_str=…), num_feature, num_trees, num_model_per_iteration",
        file=f"{STACK}@6093+2060637/lightgbm.txt",
        format="lightgbm",
        parameters=None,
        tensors=0,
        weight=None,
        signature=Signature(
            tuple(Field(f"Column_{number}", "", (None,)) for number in range(9)), (Field("prediction", "", (None, 3)),)
        ),
        libraries=("lightgbm",),
        details={"version": "v4", "objective": "multiclass num_class:3", "trees": "600"},
    ),
    Expected(
        tool="xgboost 3.2.0: Booster.load_model, num_features, get_dump, save_config",
        file=f"{STACK}@7255818+5035892/xgboost.ubj",
        format="xgboost-ubj",
        parameters=None,
        tensors=0,
        weight=None,
        signature=Signature(
            tuple(Field(f"f{number}", "", (None,)) for number in range(16)), (Field("prediction", "", (None, 3)),)
        ),
        libraries=("xgboost>=2.0.3",),
        details={"objective": "multi:softprob", "trees": "1500"},
    ),
    Expected(
        tool="catboost 1.2.10: CatBoost.load_model, tree_count_, feature_names_, classes_",
        file=f"{STACK}@12291809+4161680/catboost.cbm",
        format="catboost",
        parameters=None,
        tensors=0,
        weight=None,
        signature=Signature(
            tuple(Field(str(number), "float32", (None,)) for number in range(16)),
            (Field("prediction", "float64", (None, 3)),),
        ),
        libraries=("catboost",),
        details={"trees": "500"},
    ),
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox.measure()


@pytest.fixture(scope="module")
def files(shipped_models: ShippedModels) -> Mapping[str, SourceFile]:
    return {one.file: SourceFile(one.file, Held(shipped_models.read(one.file))) for one in MODELS}


@pytest.fixture(scope="module")
def read(sandbox: Sandbox, files: Mapping[str, SourceFile]) -> Mapping[str, FileReading]:
    return {reading.path: reading for reading in read_files(sandbox, list(files.values()))}


@pytest.mark.parametrize("expected", MODELS, ids=lambda one: one.file.rpartition("/")[2])
def test_a_published_model_is_read_as_its_own_tools_read_it(
    expected: Expected, read: Mapping[str, FileReading], files: Mapping[str, SourceFile]
) -> None:
    found = read[expected.file].facts
    assert found is not None, read[expected.file].problem
    assert (found.format, found.parameter_count, len(found.tensors)) == (
        expected.format,
        expected.parameters,
        expected.tensors,
    )
    assert (found.signature, found.libraries, found.notes) == (expected.signature, expected.libraries, ())
    assert found.details.items() >= expected.details.items()
    if expected.weight is not None:
        check_weight(found, expected.weight, files[expected.file])


def check_weight(found: FormatFacts, expected: Weight, file: SourceFile) -> None:
    (tensor,) = (one for one in found.tensors if one.name == expected.name)
    assert (tensor.dtype, tensor.shape) == (expected.dtype, expected.shape)
    assert (tensor.span is not None) == bool(expected.digest)
    if tensor.span is not None:
        stored = file.source.read(tensor.span.start, tensor.span.length)
        assert sha256(stored).hexdigest().startswith(expected.digest)


def test_published_models_pass_but_for_those_that_hold_code(sandbox: Sandbox, files: Mapping[str, SourceFile]) -> None:
    scanner = ContentScanner(lambda: sandbox, AllowList())
    found = dict(zip(files, scanner._own(sandbox, list(files.values())), strict=True))
    assert {file: one.verdict for file, one in found.items()} == {one.file: one.verdict for one in MODELS}


def test_the_page_of_formats_lists_each_model() -> None:
    assert len({one.format for one in MODELS}) >= 12
    page = (PACKAGES.parents[1] / "docs" / "reference" / "formats.md").read_text()
    listed = [line.split(" | ")[1].strip("`") for line in page.splitlines() if "/" in line and line.startswith("| ")]
    assert sorted(listed) == sorted(one.file for one in MODELS)
