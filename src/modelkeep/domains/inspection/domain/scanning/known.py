"""Formats that have readers of their own: what is harmful in them, and that they are what they say."""

from collections.abc import Callable, Mapping
from typing import Final

from modelkeep.domains.inspection.domain.formats import catboost, gguf, hdf5, read_facts, tflite
from modelkeep.domains.inspection.domain.formats.protobuf import fields
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window
from modelkeep.domains.inspection.domain.scanning.graphs import scan_keras_metadata, scan_onnx, scan_saved_model
from modelkeep.domains.inspection.domain.scanning.keras import scan_keras_json
from modelkeep.domains.inspection.domain.scanning.pieces import Piece, Scan, in_memory
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, data_only, unknown
from modelkeep.domains.inspection.domain.scanning.templates import template_findings
from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_HDF5_SEARCHED: Final = 2**28
_USUAL_OPERATORS: Final = {"", "TFLite_Detection_PostProcess"}

Look = Callable[[str, Window], ScanReport]


def scan_known(look: Look) -> Callable[[Scan, Piece, bytes], ScanReport]:
    """Return what scans a format: the reader refuses a file that is not of it."""

    def scan(_scan: Scan, piece: Piece, _head: bytes) -> ScanReport:
        piece = in_memory(piece)
        try:
            return look(piece.path, Window(piece.file))
        except UnreadableFileError as error:
            return unknown(piece.path, f"it is not of the format that it seems to be: {error}")

    return scan


def _gguf(path: str, window: Window) -> ScanReport:
    texts = gguf.read_texts(window)
    findings = [found for key, text in texts.items() if "template" in key for found in template_findings(path, text)]
    gguf.read_gguf(window)
    return code_capable("gguf", *findings) if findings else data_only("gguf")


def _hdf5(path: str, window: Window) -> ScanReport:
    attributes = hdf5.read_contents(window).attributes
    configs = [text for name, text in attributes.items() if name.startswith(("model_config", "training_config"))]
    found = [finding for text in configs for finding in scan_keras_json(path, text.encode()).findings]
    if "model_config" not in attributes and _says(window, b"model_config"):
        return unknown(path, "it has a configuration of Keras in a place that is not read")
    return code_capable("hdf5", *dict.fromkeys(found))


def _says(window: Window, word: bytes) -> bool:
    """Say whether a word is anywhere in the file, or the file is too long to look."""
    if window.size > _HDF5_SEARCHED:
        return True
    window.file.seek(0)
    before = b""
    while data := window.file.read(2**20):
        if word in before + data:
            return True
        before = data[-len(word) :]
    return False


def _tflite(path: str, window: Window) -> ScanReport:
    custom = set(tflite.read_tflite(window).details.get("custom_operators", "").split(", ")) - _USUAL_OPERATORS
    findings = [
        Finding.of("tflite.custom_operator", Verdict.SUSPICIOUS, path, f"its operators need code of their own: {name}")
        for name in sorted(custom)
    ]
    return code_capable("tflite", *findings) if findings else data_only("tflite")


def _readable(path: str, window: Window) -> ScanReport:
    facts = read_facts(path.replace("!", "/"), window)
    return unknown(path, "its format is not known") if facts is None else data_only(facts.format)


def _message(path: str, window: Window) -> ScanReport:
    """A vocabulary of SentencePiece: a message that nothing is loaded from but texts and numbers."""
    del path
    for _ in fields(window, 0, window.size):
        pass
    return data_only("sentencepiece")


KNOWN_MAGIC: Final[tuple[tuple[int, bytes, Look], ...]] = (
    (0, gguf.MAGIC, _gguf),
    (0, hdf5.MAGIC, _hdf5),
    (tflite.MAGIC_AT, tflite.MAGIC, _tflite),
    (0, catboost.MAGIC, _readable),
)
KNOWN_SUFFIXES: Final[Mapping[str, Look]] = {
    ".onnx": scan_onnx,
    ".safetensors": _readable,
    ".ubj": _readable,
    "saved_model.pb": scan_saved_model,
    "keras_metadata.pb": scan_keras_metadata,
    "tokenizer.model": _message,
    "spiece.model": _message,
    "sentencepiece.bpe.model": _message,
    "fingerprint.pb": _message,
}
