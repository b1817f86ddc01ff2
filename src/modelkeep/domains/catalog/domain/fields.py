"""The limits of what people type into a record: lengths in characters, numbers finite."""

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

from modelkeep.domains.catalog.domain.errors import InvalidRecordError

MAX_DESCRIPTION: Final = 65_536
MAX_MESSAGE: Final = 4_096
MAX_KEY: Final = 255
MAX_TAG_VALUE: Final = 8_192
MAX_PARAMETER_VALUE: Final = 8_192
MAX_TAGS: Final = 1_000
MAX_METRICS: Final = 10_000
MAX_PARAMETERS: Final = 2_000
MAX_REFERENCES: Final = 256
MAX_SHORT: Final = 1_024

Scalar: TypeAlias = bool | int | float | str
"""What a hyperparameter may be."""

_INT64: Final = 2**63


def check_text(field: str, value: str, limit: int) -> str:
    """Return the text, or refuse it when it is too long or holds a NUL or half a surrogate pair."""
    if len(value) > limit:
        raise InvalidRecordError(f"{field} has {len(value)} characters; at most {limit} are kept", field=field)
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidRecordError(f"{field} holds a NUL or half a surrogate pair; send well-formed text", field=field)
    return value


def check_key(field: str, key: str) -> str:
    """Return the key of a tag, metric or parameter: 1 to 255 printable characters, no space at either end."""
    if not key or len(key) > MAX_KEY or not key.isprintable() or key != key.strip():
        raise InvalidRecordError(
            f"{field} key {key[:80]!r} is not usable: 1 to {MAX_KEY} printable characters, no space at either end",
            field=field,
        )
    return key


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags in the order of their keys: at most 1,000, values up to 8,192 characters."""
    _check_count("tags", len(tags), MAX_TAGS)
    return {check_key("tag", key): check_text(f"tag {key}", tags[key], MAX_TAG_VALUE) for key in sorted(tags)}


def check_parameters(parameters: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the hyperparameters in the order of their keys: at most 2,000 scalars, finite numbers of 64 bits."""
    _check_count("parameters", len(parameters), MAX_PARAMETERS)
    return {check_key("parameter", key): _check_scalar(key, parameters[key]) for key in sorted(parameters)}


def check_number(field: str, value: float) -> float:
    """Return the number, or refuse NaN and the infinities."""
    if not math.isfinite(value):
        raise InvalidRecordError(f"{field} is {value}; only finite numbers are recorded, leave it out", field=field)
    return value


def _check_scalar(key: str, value: Scalar) -> Scalar:
    if isinstance(value, str):
        return check_text(f"parameter {key}", value, MAX_PARAMETER_VALUE)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise InvalidRecordError(f"parameter {key} does not fit 64 bits; send it as text", field=key)
    if isinstance(value, float):
        check_number(f"parameter {key}", value)
    return value


def _check_count(field: str, count: int, limit: int) -> None:
    if count > limit:
        raise InvalidRecordError(f"{count} {field} are too many; at most {limit} are kept", field=field)


def check_list(field: str, count: int) -> None:
    """Refuse a list of more than 256 references."""
    _check_count(field, count, MAX_REFERENCES)


def check_metric_count(count: int) -> None:
    """Refuse more than 10,000 metrics on one version."""
    _check_count("metrics", count, MAX_METRICS)


def tag_texts(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as an event keeps them: on its erasable side, since people type them."""
    return {f"tag:{key}": value for key, value in tags.items()}
