"""What is said of a version when it is registered: data, code, environment, parameters, metrics, parents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, TypeAlias, TypedDict, TypeVar, cast

from modelkeep.client.answers import Answer
from modelkeep.kernel.canonical_json import Json

T = TypeVar("T")

Bump: TypeAlias = Literal["auto", "major", "minor", "patch"]
Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured number, finite; `dataset` and `slice` say on what, `step` when in training."""

    name: str
    value: float
    dataset: str | None = None
    slice: str | None = None
    step: int | None = None

    @classmethod
    def read(cls, answer: Answer) -> "Metric":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.number("value"),
            answer.find_text("dataset"),
            answer.find_text("slice"),
            answer.find_integer("step"),
        )


@dataclass(frozen=True, slots=True)
class DataRef:
    """A reference to a data set: a uri, a digest or a name, and what is known of it. The data is not pushed."""

    uri: str | None = None
    digest: str | None = None
    name: str | None = None
    version: str | None = None
    rows: int | None = None
    schema: Json = None
    license: str | None = None
    personal_data: bool | None = None

    @classmethod
    def read(cls, answer: Answer) -> "DataRef":
        """Read what the server says."""
        return cls(
            uri=answer.find_text("uri"),
            digest=answer.find_text("digest"),
            name=answer.find_text("name"),
            version=answer.find_text("version"),
            rows=answer.find_integer("rows"),
            schema=answer.json("schema"),
            license=answer.find_text("license"),
            personal_data=answer.flag("personal_data"),
        )


@dataclass(frozen=True, slots=True)
class TrainingCode:
    """The code that trained a version; `dirty` says that it had changes which are not in the commit."""

    repository: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    entry_point: str | None = None

    @classmethod
    def read(cls, answer: Answer) -> "TrainingCode":
        """Read what the server says."""
        return cls(
            answer.find_text("repository"),
            answer.find_text("commit"),
            answer.flag("dirty"),
            answer.find_text("entry_point"),
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """What the code ran in: a container image by digest, or a lock file (a path in the artifact, or a digest)."""

    image: str | None = None
    lock_file: str | None = None

    @classmethod
    def read(cls, answer: Answer) -> "Environment":
        """Read what the server says."""
        return cls(answer.find_text("image"), answer.find_text("lock_file"))


@dataclass(frozen=True, slots=True)
class Parent:
    """What a version came from: a reference, or a URI outside the registry.

    The relation is `fine-tune`, `adapter`, `quantized`, `distilled` or `merged`.
    """

    reference: str
    relation: str = "fine-tune"

    @classmethod
    def read(cls, answer: Answer) -> "Parent":
        """Read what the server says."""
        return cls(answer.text("reference"), answer.text("relation"))


DataRefs: TypeAlias = str | DataRef | Sequence[str | DataRef]
Parents: TypeAlias = str | Parent | Sequence[str | Parent]
Metrics: TypeAlias = Mapping[str, float] | Sequence[Metric]


class VersionRecord(TypedDict, total=False):
    """The keyword arguments of `Registry.push` that describe the version; each may be left out.

    `bump` (default `auto`) or `version` say which semantic version it gets, `message` why it was made. A data set or a
    parent may be given as text, a data set as its URI, a parent as its reference with the relation `fine-tune`.
    `force_version` is the reason for a version that says less than its content changes, which is refused otherwise.
    `metrics` are finite numbers by name, or `Metric` values; `signature` and `preprocessing` are JSON.
    """

    bump: Bump
    version: str
    force_version: str
    description: str
    message: str
    tags: Mapping[str, str]
    metrics: Metrics
    params: Mapping[str, Scalar]
    training_data: DataRefs
    validation_data: DataRefs
    training_code: TrainingCode
    environment: Environment
    signature: Json
    parents: Parents
    preprocessing: Json


_FIELDS: Final = frozenset(VersionRecord.__annotations__)
_DATA: Final[tuple[Literal["training_data", "validation_data"], ...]] = ("training_data", "validation_data")
_PARTS: Final[tuple[Literal["training_code", "environment"], ...]] = ("training_code", "environment")


def record_json(record: VersionRecord) -> dict[str, Json]:
    """Return the request's JSON for a record.

    Raises:
        TypeError: a name is none of the record's, as of any unknown keyword argument.
    """
    unknown = record.keys() - _FIELDS
    if unknown:
        raise TypeError(f"push() got an unexpected keyword argument {min(unknown)!r}")
    body = {name: cast("Json", value) for name, value in record.items() if value is not None}
    if "version" not in body:
        body.setdefault("bump", "auto")
    return body | _values_json(record)


def _values_json(record: VersionRecord) -> dict[str, Json]:
    """Return the JSON of those fields that are no JSON yet."""
    body: dict[str, Json] = {}
    if (metrics := record.get("metrics")) is not None:
        body["metrics"] = metrics_json(metrics)
    for data in _DATA:
        if (sets := record.get(data)) is not None:
            body[data] = [_object(DataRef(item) if isinstance(item, str) else item) for item in _several(sets)]
    if (parents := record.get("parents")) is not None:
        body["parents"] = [_object(Parent(item) if isinstance(item, str) else item) for item in _several(parents)]
    for part in _PARTS:
        if (value := record.get(part)) is not None:
            body[part] = _object(value)
    return body


def metrics_json(metrics: Metrics) -> list[Json]:
    """Return the request's JSON for metrics; whatever `float()` takes is a number."""
    if isinstance(metrics, Mapping):
        metrics = [Metric(name, value) for name, value in metrics.items()]
    return [_object(replace(metric, value=float(metric.value))) for metric in metrics]


def _several(value: str | T | Sequence[str | T]) -> Iterable[str | T]:
    """Return one as many."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _object(value: Metric | DataRef | TrainingCode | Environment | Parent) -> Json:
    """Return a value's fields that are set."""
    return {item.name: known for item in fields(value) if (known := getattr(value, item.name)) is not None}
