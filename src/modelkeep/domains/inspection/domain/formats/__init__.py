"""One module for each format, and which of them reads a file."""

from collections.abc import Callable
from typing import Final, TypeAlias

from modelkeep.domains.inspection.domain.facts import FormatFacts
from modelkeep.domains.inspection.domain.formats import (
    boosting,
    catboost,
    gguf,
    hdf5,
    keras,
    mlmodel,
    numpy_arrays,
    onnx,
    pickles,
    pytorch,
    safetensors,
    saved_model,
    skops,
    tflite,
)
from modelkeep.domains.inspection.domain.formats.inflating import packing
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window
from modelkeep.domains.inspection.domain.formats.zips import MAGICS, Archive

Read: TypeAlias = Callable[[Window], FormatFacts]

_HEAD: Final = 4096
"""How much of a file tells its format."""

_BY_MAGIC: Final[tuple[tuple[int, bytes, Read], ...]] = (
    (0, gguf.MAGIC, gguf.read_gguf),
    (0, hdf5.MAGIC, keras.read_hdf5),
    (0, numpy_arrays.MAGIC, numpy_arrays.read_array),
    (0, catboost.MAGIC, catboost.read_catboost),
    (tflite.MAGIC_AT, tflite.MAGIC, tflite.read_tflite),
    (0, boosting.LIGHTGBM_MAGIC, boosting.read_lightgbm),
    (0, boosting.UBJSON_MAGIC, boosting.read_xgboost),
)
_BY_SUFFIX: Final[dict[str, Read]] = {
    ".safetensors": safetensors.read_safetensors,
    ".gguf": gguf.read_gguf,
    ".onnx": onnx.read_onnx,
    ".h5": keras.read_hdf5,
    ".hdf5": keras.read_hdf5,
    ".npy": numpy_arrays.read_array,
    ".cbm": catboost.read_catboost,
    ".tflite": tflite.read_tflite,
    ".ubj": boosting.read_xgboost,
}
_BY_NAME: Final[dict[str, Read]] = {
    saved_model.FILE_NAME: saved_model.read_saved_model,
    mlmodel.FILE_NAME: mlmodel.read_mlmodel,
    mlmodel.REQUIREMENTS: mlmodel.read_requirements,
}
_PICKLES: Final = frozenset({".pkl", ".pickle", ".joblib", ".p", ".dill", ".sav", ".pt", ".pth", ".bin", ".ckpt"})
_PACKINGS: Final = frozenset({".gz", ".z", ".bz2", ".xz", ".lzma"})
_ZIPS: Final = frozenset({".zip", ".npz", ".keras", ".skops", ".pt", ".pth", ".jit"})
_PROTOCOLS: Final = range(2, 6)
_PICKLE_MAGIC: Final = 0x80


def read_facts(name: str, window: Window) -> FormatFacts | None:
    """Return what a file says; None if it is of no format that is known.

    Raises:
        UnreadableFileError: its name or its first bytes are those of a format, and the rest is not.
    """
    read = _reader(name, window)
    return None if read is None else read(window)


def is_known(name: str, window: Window) -> bool:
    """Whether the name or the first bytes of a file are those of a format that is read."""
    return _reader(name, window) is not None


def _reader(name: str, window: Window) -> Read | None:
    base = name.rpartition("/")[2]
    return _BY_NAME.get(base) or _by_bytes(window.head(_HEAD), window.size, _suffix(base))


def _suffix(base: str) -> str:
    """Return what a name ends in, of `model.pkl.gz` the part that tells what is packed."""
    stem, dot, ending = base.rpartition(".")
    suffix = f".{ending.lower()}" if dot and stem else ""
    inner = _suffix(stem) if suffix in _PACKINGS else ""
    return inner if inner in _PICKLES else suffix


def _by_bytes(head: bytes, size: int, suffix: str) -> Read | None:
    """Return the reader for the first bytes; where they are those of no format, for the suffix."""
    for place, magic, read in _BY_MAGIC:
        if head[place : place + len(magic)] == magic:
            return read
    if head.startswith(MAGICS):
        return _read_archive
    if _is_pickle(head, suffix):
        return pickles.read_pickle
    if suffix == ".json" and boosting.is_xgboost(head):
        return boosting.read_xgboost
    if safetensors.is_safetensors(head, size):
        return safetensors.read_safetensors
    return _by_suffix(suffix)


def _is_pickle(head: bytes, suffix: str) -> bool:
    """Whether a file begins like a pickle of protocol 2 to 5; older ones and packed ones are known by their suffix."""
    if len(head) > 1 and head[0] == _PICKLE_MAGIC and head[1] in _PROTOCOLS:
        return True
    return suffix in _PICKLES and (packing(head) is not None or head[:1] in (b"(", b"c", b"]", b"}"))


def _by_suffix(suffix: str) -> Read | None:
    read = _BY_SUFFIX.get(suffix)
    if read is None and suffix in _ZIPS - _PICKLES:
        return _read_archive
    return read


def _read_archive(window: Window) -> FormatFacts:
    """Read an archive as what its members say it is."""
    archive = Archive(window)
    if pytorch.pickle_member(archive) is not None:
        return pytorch.read_pytorch(archive)
    if skops.SCHEMA in archive.members:
        return skops.read_skops(archive)
    if keras.CONFIG in archive.members and keras.METADATA in archive.members:
        return keras.read_keras(archive)
    if archive.members and all(name.endswith(numpy_arrays.SUFFIX) for name in archive.members):
        return numpy_arrays.read_arrays(archive)
    raise UnreadableFileError("it is an archive of no model format that is known")
