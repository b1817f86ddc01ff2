"""LightGBM's text models and XGBoost's JSON and UBJSON models: features, classes and trees from their headers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature
from modelkeep.domains.inspection.domain.formats.documents import MOST_JSON, json_object, texts
from modelkeep.domains.inspection.domain.formats.ubjson import read_ubjson
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

LIGHTGBM_MAGIC: Final = b"tree\n"
UBJSON_MAGIC: Final = b"{L\x00\x00\x00\x00\x00\x00\x00"
_MOST_HEADER: Final = 8 * 2**20
_TAIL: Final = 1 * 2**20
_MOST_FEATURES: Final = 100_000
_MOST_DIGITS: Final = 9


def read_lightgbm(window: Window) -> FormatFacts:
    """Read the lines before the first tree."""
    head = window.head(_MOST_HEADER)
    text, ended, _ = head.partition(b"\n\n")
    if not ended:
        raise UnreadableFileError("its header has no end")
    try:
        lines = text.decode().splitlines()
    except UnicodeDecodeError:
        raise UnreadableFileError("its header is not UTF-8") from None
    said = {key: value for key, _, value in (line.partition("=") for line in lines)}
    names, expected = said.get("feature_names", "").split(), _number(said.get("max_feature_idx"))
    if expected is None or len(names) != expected + 1 or len(names) > _MOST_FEATURES:
        raise UnreadableFileError("its header does not name its features, or too many")
    outputs = _number(said.get("num_tree_per_iteration")) or 1
    return FormatFacts(
        format="lightgbm",
        signature=Signature(_features(names, ()), (_prediction(outputs),)),
        libraries=("lightgbm",),
        details={
            "version": said.get("version", "")[:100],
            "objective": said.get("objective", "")[:1000],
            "trees": str(len(said.get("tree_sizes", "").split())),
        },
    )


def read_xgboost(window: Window) -> FormatFacts:
    """Read what XGBoost says beside its trees."""
    if window.head(1) != b"{":
        raise UnreadableFileError("it is no model of XGBoost")
    if window.head(len(UBJSON_MAGIC)) == UBJSON_MAGIC:
        return _xgboost("xgboost-ubj", read_ubjson(window))
    if window.size <= MOST_JSON:
        return _xgboost("xgboost-json", json_object(window.head(MOST_JSON)))
    return _long_xgboost(window)


def is_xgboost(head: bytes) -> bool:
    """Whether a JSON file begins as XGBoost writes it."""
    return head.lstrip()[:200].replace(b" ", b"").replace(b"\n", b"").startswith((b'{"learner":', b'{"version":'))


def _xgboost(name: str, document: Mapping[str, Any]) -> FormatFacts:
    learner = document.get("learner")
    if not isinstance(learner, dict):
        raise UnreadableFileError("it holds no learner")
    parameters, objective = learner.get("learner_model_param"), learner.get("objective")
    if not isinstance(parameters, dict) or not isinstance(objective, dict):
        raise UnreadableFileError("its learner has no parameters, or no objective")
    count = _number(parameters.get("num_feature"))
    if count is None or count > _MOST_FEATURES:
        raise UnreadableFileError("it does not say how many features it takes, or too many")
    names = texts(learner.get("feature_names")) or tuple(f"f{place}" for place in range(count))
    classes = max(_number(parameters.get("num_class")) or 1, _number(parameters.get("num_target")) or 1)
    return FormatFacts(
        format=name,
        signature=Signature(_features(names, texts(learner.get("feature_types"))), (_prediction(classes),)),
        libraries=(_library(document.get("version")),),
        details={"objective": str(objective.get("name", ""))[:1000], "trees": _trees(learner)},
    )


def _library(version: object) -> str:
    """Return the requirement: a model is read by the version that wrote it, and by later ones."""
    if isinstance(version, list) and all(type(part) is int and 0 <= part < 10**6 for part in version):
        return f"xgboost>={'.'.join(map(str, version[:3]))}"
    return "xgboost"


def _trees(learner: Mapping[str, Any]) -> str:
    booster = learner.get("gradient_booster")
    model = booster.get("model") if isinstance(booster, dict) else None
    said = model.get("gbtree_model_param") if isinstance(model, dict) else None
    return str(said.get("num_trees", ""))[:20] if isinstance(said, dict) else ""


def _long_xgboost(window: Window) -> FormatFacts:
    """Read the head and the tail of a model that is too long to be read whole: XGBoost sorts its keys."""
    head = window.head(_TAIL).decode("utf-8", "replace")
    tail = window.read(window.size - _TAIL, _TAIL).decode("utf-8", "replace")
    learner = {
        "feature_names": _value_after(head, '"feature_names":'),
        "feature_types": _value_after(head, '"feature_types":'),
        "learner_model_param": _value_after(tail, '"learner_model_param":'),
        "objective": _value_after(tail, '"objective":'),
    }
    return _xgboost("xgboost-json", {"learner": learner, "version": _value_after(tail, '"version":')})


def _value_after(text: str, key: str) -> object:
    _, found, rest = text.rpartition(key)
    if not found:
        return None
    try:
        value: object = json.JSONDecoder().raw_decode(rest.lstrip())[0]
    except (ValueError, RecursionError):
        return None
    return value


def _features(names: list[str] | tuple[str, ...], types: tuple[str, ...]) -> tuple[Field, ...]:
    kinds = types if len(types) == len(names) else ("",) * len(names)
    return tuple(Field(name[:1000], kind[:100], (None,)) for name, kind in zip(names, kinds, strict=True))


def _prediction(width: int) -> Field:
    return Field("prediction", "", (None,) if width == 1 else (None, width))


def _number(text: object) -> int | None:
    known = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if known and isinstance(text, str) else None
