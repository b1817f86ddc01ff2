"""What the registry knows of a version, as a card says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from modelkeep.domains.cards.domain.schema import SCHEMA_VERSION
from modelkeep.domains.catalog import DataRef, Metric, Model, ModelVersion, VersionRecord
from modelkeep.kernel.canonical_json import MAX_INTEGER, Json

_DIGEST_LENGTHS: Final = {"sha256": 64, "sha512": 128}
_MAX_LINE: Final = 1_024
_MAX_TEXT: Final = 5_000
_MAX_TAGS: Final = 500
_MAX_TAG: Final = 512
_MAX_DATASETS: Final = 200
_MAX_EVALUATIONS: Final = 200
_MAX_METRICS: Final = 2_000
_MAX_BASES: Final = 100
_MAX_OWNERS: Final = 100


@dataclass(frozen=True, slots=True)
class InspectedContent:
    """What the files of a version say themselves; inputs and outputs are lists in Markdown."""

    format: str
    parameters: int | None = None
    libraries: tuple[str, ...] = ()
    licence: str | None = None
    inputs: str | None = None
    outputs: str | None = None


_NOT_INSPECTED: Final = InspectedContent("")


def facts_of(model: Model, version: ModelVersion, inspected: InspectedContent | None = None) -> Json:
    """Return a card that says what is recorded of a model and its version, and what its files say; nothing else.

    It has no description where nobody has written one: a card needs it, so that somebody has to.
    """
    record, content = version.record, inspected or _NOT_INSPECTED
    facts: dict[str, Json] = {
        "schema_version": SCHEMA_VERSION,
        "overview": _overview(model, version, content),
        "training": _training(record, content),
        "evaluations": list(_evaluations(record))[:_MAX_EVALUATIONS],
    }
    return {name: value for name, value in facts.items() if value}


def _overview(model: Model, version: ModelVersion, content: InspectedContent) -> Json:
    record = version.record
    tags = {**model.tags, **record.tags}
    bases = [
        _known(reference=parent.reference[:_MAX_LINE], relation=parent.relation.value) for parent in record.parents
    ]
    return _known(
        description=model.description or record.description or None,
        task=model.task or None,
        license=_line(tags.get("license") or tags.get("licence") or content.licence),
        framework=_line(tags.get("framework") or next(iter(content.libraries), None)),
        architecture=_line(_architecture(content)),
        tags=[tag for key, value in tags.items() if len(tag := _tag(key, value)) <= _MAX_TAG][:_MAX_TAGS],
        owners=[{"name": owner} for owner in model.owners][:_MAX_OWNERS],
        base_models=bases[:_MAX_BASES],
        input_format=_columns(record.signature, "inputs") or content.inputs,
        output_format=_columns(record.signature, "outputs") or content.outputs,
    )


def _training(record: VersionRecord, content: InspectedContent) -> Json:
    code, environment = record.training_code, record.environment
    data = [("training", item) for item in record.training_data]
    data += [("validation", item) for item in record.validation_data]
    return _known(
        datasets=[{"role": role, **_dataset(item)} for role, item in data][:_MAX_DATASETS],
        hyperparameters={name: _exact(value) for name, value in record.parameters.items()},
        code=_known(
            repository=code.repository, commit=_line(code.commit), dirty=code.dirty, entry_point=_line(code.entry_point)
        )
        if code
        else None,
        environment=_known(
            image=_line(environment.image if environment else None),
            lock_file=_line(environment.lock_file if environment else None),
            packages=[name[:_MAX_LINE] for name in content.libraries if name],
        ),
    )


def _architecture(content: InspectedContent) -> str | None:
    """Return the format of the files and how many parameters they hold."""
    known = content.format if content.format != "unknown" else ""
    return f"{known}, {content.parameters:,} parameters" if known and content.parameters else known or None


def _dataset(data: DataRef) -> Mapping[str, Json]:
    return _known(
        name=_line(data.name),
        uri=data.uri,
        version=_line(data.version),
        digest=_digest(data.digest),
        rows=data.rows if data.rows is not None and data.rows <= MAX_INTEGER else None,
        license=_line(data.license),
        contains_personal_data=data.personal_data,
    )


def _evaluations(record: VersionRecord) -> Iterator[Json]:
    """Yield an evaluation for each data set that was measured on."""
    by_data = sorted(record.metrics, key=lambda metric: metric.dataset or "")
    for name, metrics in groupby(by_data, key=lambda metric: metric.dataset or ""):
        results: list[Json] = [_metric(metric) for metric in metrics]
        dataset: Json = {"name": name} if name else {}
        yield _known(name=name or "metrics", dataset=dataset, metrics=results[:_MAX_METRICS])


def _metric(metric: Metric) -> Json:
    part: dict[str, Json] = {}
    if metric.slice:
        part["slice"] = metric.slice
    if metric.step is not None:
        part["step"] = metric.step
    return _known(name=metric.name, value=metric.value, slice=part)


def _columns(signature: Json, side: str) -> str | None:
    """Return the columns of a signature as a list in Markdown, if it has the usual form."""
    columns = signature.get(side) if isinstance(signature, Mapping) else None
    if not isinstance(columns, list):
        return None
    lines = []
    for column in columns:
        if isinstance(column, Mapping) and isinstance(column.get("name"), str):
            kind = column.get("type") or column.get("dtype")
            lines.append(f"- `{column['name']}`" + (f": {kind}" if isinstance(kind, str) else ""))
    text = "\n".join(lines)
    return text[:_MAX_TEXT] or None


def _digest(digest: str | None) -> str | None:
    """Return a digest in the form that a card takes, or None for one in another."""
    algorithm, _, digits = (digest or "").partition(":")
    right = len(digits) == _DIGEST_LENGTHS.get(algorithm) and set(digits) <= set("0123456789abcdef")
    return digest if right else None


def _exact(value: Json) -> Json:
    """Return a parameter as a card takes it: an integer that JSON does not carry everywhere is text."""
    return str(value) if isinstance(value, int) and abs(value) > MAX_INTEGER else value


def _tag(key: str, value: str) -> str:
    return f"{key}={value}" if value else key


def _line(text: str | None) -> str | None:
    return text[:_MAX_LINE] if text else None


def _known(**members: Json) -> dict[str, Json]:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
