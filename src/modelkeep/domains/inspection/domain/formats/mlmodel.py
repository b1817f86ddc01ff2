"""MLflow's `MLmodel`: flavours, the signature that was logged, and the requirements beside it."""

import re
from typing import Any, Final

import yaml

from modelkeep.domains.inspection.domain.facts import Dimension, Field, FormatFacts, Signature
from modelkeep.domains.inspection.domain.formats.documents import json_array
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

FILE_NAME: Final = "MLmodel"
REQUIREMENTS: Final = "requirements.txt"
_MOST_YAML: Final = 128 * 1024
_MOST_REQUIREMENTS: Final = 256 * 1024
_MOST_LINES: Final = 2000
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\],-]*\s*([<>=!~]=?=?[^;#@]{1,100})?")
_COLUMN_TYPES: Final = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}


class _PlainLoader(yaml.SafeLoader):
    """Reads no aliases: a short file could stand for a huge value."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise UnreadableFileError("it uses aliases, which MLflow does not write")
        return super().compose_node(parent, index)


def read_mlmodel(window: Window) -> FormatFacts:
    """Read the file; what its flavours point to is read on its own."""
    if window.size > _MOST_YAML:
        raise UnreadableFileError(f"it has {window.size} bytes; {_MOST_YAML} are read at most")
    document = _yaml(window.head(_MOST_YAML))
    flavours = document.get("flavors")
    if not isinstance(flavours, dict) or not flavours:
        raise UnreadableFileError("it names no flavours")
    version = document.get("mlflow_version")
    return FormatFacts(
        format="mlflow",
        signature=_signature(document.get("signature")),
        libraries=(f"mlflow=={version[:100]}" if isinstance(version, str) else "mlflow",),
        details={"flavours": ", ".join(sorted(str(name)[:100] for name in flavours))[:1000]},
    )


def read_requirements(window: Window) -> FormatFacts:
    """Read the requirements that stand plainly in a file; options and addresses are left out."""
    if window.size > _MOST_REQUIREMENTS:
        raise UnreadableFileError(f"it has {window.size} bytes; {_MOST_REQUIREMENTS} are read at most")
    lines = window.head(_MOST_REQUIREMENTS).decode("utf-8", "replace").splitlines()
    found = (line.partition("#")[0].partition(";")[0].strip() for line in lines[:_MOST_LINES])
    libraries = tuple(sorted({line for line in found if line and _REQUIREMENT.fullmatch(line)}))
    return FormatFacts(format="requirements", libraries=libraries)


def _yaml(data: bytes) -> dict[str, Any]:
    try:
        document = yaml.load(data, _PlainLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        raise UnreadableFileError("it is not YAML that can be read") from None
    if not isinstance(document, dict):
        raise UnreadableFileError("it is no mapping")
    return document


def _signature(value: object) -> Signature:
    if not isinstance(value, dict):
        return Signature()
    return Signature(_fields(value.get("inputs"), "input"), _fields(value.get("outputs"), "output"))


def _fields(value: object, unnamed: str) -> tuple[Field, ...] | None:
    """Return the columns or tensors that MLflow writes as JSON in a text."""
    if not isinstance(value, str):
        return None
    items = [item for item in json_array(value.encode()) if isinstance(item, dict)]
    return tuple(_field(item, unnamed if len(items) == 1 else f"{unnamed}_{place}") for place, item in enumerate(items))


def _field(item: dict[str, Any], unnamed: str) -> Field:
    name, kind, spec = item.get("name"), item.get("type"), item.get("tensor-spec")
    shown = name[:1000] if isinstance(name, str) else unnamed
    optional = item.get("required") is False
    if kind == "tensor" and isinstance(spec, dict):
        return Field(shown, str(spec.get("dtype", ""))[:100], _shape(spec.get("shape")), optional)
    return Field(shown, _COLUMN_TYPES.get(str(kind), str(kind)[:100]), (None,), optional)


def _shape(value: object) -> tuple[Dimension, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(extent if type(extent) is int and extent >= 0 else None for extent in value[:64])
