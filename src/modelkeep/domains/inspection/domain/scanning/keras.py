"""The configuration of a Keras model: which functions and classes it names. Source: `keras/src/saving`.

Keras looks up `module` and `class_name`, and calls what it finds; a Lambda layer holds marshalled code.
"""

from collections.abc import Iterator
from typing import Final

from modelkeep.domains.inspection.domain.formats.documents import json_object
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError
from modelkeep.domains.inspection.domain.scanning.pieces import MOST_IN_MEMORY, Piece
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, unknown
from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_MODULES: Final = frozenset(
    f"keras.{part}"
    for part in (
        "activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models",
        "optimizers", "optimizers.schedules", "random", "regularizers", "src.layers", "src.models.functional",
        "src.models.sequential",
    )
)  # fmt: skip
_INTERNAL: Final = (
    "keras.src.engine.",
    "keras.src.models.",
    "keras.src.layers.",
    "keras.src.losses",
    "keras.src.optimizers",
)
_OTHER: Final = {("keras", "DTypePolicy"), ("keras", "Sequential"), ("keras", "Functional")}
_CODE: Final = {"__lambda__", "Lambda", "__method__"}
_READS_FILES: Final = {"StringLookup", "IntegerLookup", "TextVectorization"}


def scan_keras_config(piece: Piece) -> ScanReport:
    """Look at every object that the configuration names."""
    data = piece.file.read(MOST_IN_MEMORY)
    if piece.file.read(1):
        return unknown(piece.path, "its configuration is longer than is looked at")
    return scan_keras_json(piece.path, data)


def scan_keras_json(path: str, data: bytes) -> ScanReport:
    """Look at a configuration in JSON."""
    try:
        config = json_object(data)
    except UnreadableFileError as error:
        return unknown(path, f"its configuration cannot be read: {error}")
    return code_capable("keras", *dict.fromkeys(_findings(path, config)))


def _findings(path: str, value: object) -> Iterator[Finding]:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield from _object(path, part)
            pending += part.values()
        elif isinstance(part, list):
            pending += part


def _object(path: str, part: dict[str, object]) -> Iterator[Finding]:
    name, module, config = part.get("class_name"), part.get("module"), part.get("config")
    name = name if name is None else str(name)
    if name is None and module is None:
        return
    if name in _CODE:
        yield Finding.of("keras.code", Verdict.SUSPICIOUS, path, f"it holds code: a {name}")
    if isinstance(module, str) and not _is_own(module, name):
        yield Finding.of("keras.module", Verdict.SUSPICIOUS, path, f"it uses {module}.{name}, which is not Keras's own")
    elif module is not None and not isinstance(module, str):
        yield Finding.of("keras.module", Verdict.SUSPICIOUS, path, "it names a module in an unusual way")
    if module is None and isinstance(part.get("registered_name"), str) and ">" in str(part["registered_name"]):
        registered = part["registered_name"]
        yield Finding.of("keras.custom_object", Verdict.SUSPICIOUS, path, f"it needs code of its own: {registered}")
    if name in _READS_FILES and isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        yield Finding.of("keras.file", Verdict.SUSPICIOUS, path, f"it reads the file {config['vocabulary']}")


def _is_own(module: str, name: str | None) -> bool:
    """Say whether a name is one of Keras's layers and the like, which only compute."""
    if module in _MODULES or (module, name) in _OTHER:
        return True
    return name != "function" and module.startswith(_INTERNAL)
