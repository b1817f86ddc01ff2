"""Models and versions as people see them: the columns of their lists, and their whole records."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from modelkeep.cli.output import Column, Section, show_record
from modelkeep.cli.text import cell, counted, size

if TYPE_CHECKING:
    from datetime import datetime

    from modelkeep.client.model_versions import ModelVersion
    from modelkeep.client.records import DataRef, Environment, Metric, TrainingCode
    from modelkeep.client.values import AliasInterval, Model, TagInterval

_METRIC_IN_QUERY: Final = re.compile(r"metric\.([A-Za-z0-9_.:/-]+)")


def model_columns(*, deleted: bool = False) -> "Sequence[Column[Model]]":
    """Return the columns of a list of models."""
    time: Column[Model] = Column("CHANGED", lambda model: model.changed_at, age=True)
    if deleted:
        time = Column("DELETED", lambda model: model.deleted_at, age=True)
    return (
        Column("NAME", lambda model: model.name),
        Column("VERSIONS", lambda model: model.last_number, number=True),
        Column("TASK", lambda model: model.task, cut=True),
        Column("TAGS", lambda model: model.tags, cut=True),
        time,
        Column("DESCRIPTION", lambda model: first_line(model.description), cut=True),
    )


def version_columns(
    *, across_models: bool = False, deleted: bool = False, query: str = ""
) -> "Sequence[Column[ModelVersion]]":
    """Return the columns of a list of versions; metrics that the query names come first among them."""
    asked = tuple(dict.fromkeys(_METRIC_IN_QUERY.findall(query)))
    name: Column[ModelVersion] = Column("VERSION", lambda version: version.version)
    if across_models:
        name = Column("REFERENCE", lambda version: version.reference)
    time: Column[ModelVersion] = Column("CREATED", lambda version: version.created_at, age=True)
    if deleted:
        time = Column("DELETED", lambda version: version.deleted_at, age=True)
    return (
        name,
        Column("NUMBER", lambda version: version.number, number=True),
        Column("STAGE", lambda version: version.stage),
        Column("ALIASES", lambda version: version.aliases, cut=True),
        Column("METRICS", lambda version: _headline(version.metrics, asked), cut=True),
        Column("TAGS", lambda version: version.tags, cut=True, wide=True),
        Column("SIZE", lambda version: size(version.total_size), number=True, wide=across_models),
        time,
    )


def alias_columns() -> "Sequence[Column[AliasInterval]]":
    """Return the columns of aliases and of their history."""
    return (
        Column("ALIAS", lambda alias: alias.alias),
        Column("VERSION", lambda alias: alias.version),
        Column("NUMBER", lambda alias: alias.number, number=True),
        Column("SINCE", lambda alias: alias.since),
        Column("SET BY", lambda alias: alias.set_by.name, cut=True),
        Column("UNTIL", lambda alias: alias.until),
        Column("ENDED BY", lambda alias: alias.ended_by and alias.ended_by.name, wide=True),
        Column("ENTRY", lambda alias: alias.audit and alias.audit.seq, number=True, wide=True),
    )


def tag_columns() -> "Sequence[Column[TagInterval]]":
    """Return the columns of tags and of their history."""
    return (
        Column("KEY", lambda tag: tag.key),
        Column("VALUE", lambda tag: first_line(tag.value), cut=True),
        Column("SINCE", lambda tag: tag.since),
        Column("SET BY", lambda tag: tag.set_by.name, cut=True),
        Column("UNTIL", lambda tag: tag.until),
        Column("ENDED BY", lambda tag: tag.ended_by and tag.ended_by.name, wide=True),
        Column("ENTRY", lambda tag: tag.audit and tag.audit.seq, number=True, wide=True),
    )


def show_model(model: "Model", aliases: "Iterable[AliasInterval]", newest: "Iterable[ModelVersion]") -> None:
    """Print a model, its aliases and its newest versions."""
    fields = {
        "model": model.name,
        "task": model.task,
        "visibility": model.visibility,
        "owners": model.owners,
        "versions": model.last_number,
        "created": _when(model.created_at, model.created_by.name),
        "changed": _when(model.changed_at, model.changed_by.name),
        "deleted": model.deleted_at,
        "revision": model.revision,
    }
    versions = [
        (version.version, f"number {version.number}", version.stage, size(version.total_size), version.created_at)
        for version in newest
    ]
    show_record(
        fields,
        [
            Section("description", text=model.description),
            _pairs("tags", model.tags),
            Section("aliases", [(alias.alias, alias.version, f"since {cell(alias.since)}") for alias in aliases]),
            Section("newest versions", versions),
        ],
    )


def identity(version: "ModelVersion") -> dict[str, object]:
    """Return what tells a version from all others; with the digest, 80 columns."""
    return {"version": version.reference, "number": version.number, "digest": str(version.manifest_digest)}


def standing(version: "ModelVersion") -> dict[str, object]:
    """Return by which alias or stage a version was found, who made it so, and the audit entry; nothing if by none."""
    found = version.found_by
    if found is None:
        return {}
    entry = f", audit entry {found.audit.seq}" if found.audit else ""
    return {found.kind: f"{found.name}, since {cell(found.since)} by {found.set_by.name}{entry}"}


def deprecated(version: "ModelVersion") -> dict[str, object]:
    """Return that a version should no longer be used, what to use instead, and why; nothing if it may be."""
    known = version.deprecation
    if known is None:
        return {}
    until = f", until {cell(known.ends_at)}" if known.ends_at else ""
    instead = f"; use {known.successor}" if known.successor else ""
    why = f" ({known.notice})" if known.notice else ""
    return {"deprecated": f"since {cell(known.since)}{until}{instead}{why}"}


def lapsed(since: "datetime | None") -> str:
    """Return that the approvals of a version have lapsed, if they have."""
    return "" if since is None else f"lapsed on {cell(since)}, not renewed"


def show_version(version: "ModelVersion", approvals_lapsed_at: "datetime | None" = None) -> None:
    """Print the whole record of a version."""
    fields = {
        **identity(version),
        **{f"by {name}": value for name, value in standing(version).items()},
        "stage": version.stage,
        "approvals": lapsed(approvals_lapsed_at),
        "aliases": version.aliases,
        "files": f"{counted(version.file_count, 'file')}, {size(version.total_size)}",
        "message": version.message,
        "created": _when(version.created_at, version.created_by.name),
        "changed": _when(version.changed_at, version.changed_by.name),
        "deleted": version.deleted_at,
        "quarantine": version.quarantined_at and f"since {cell(version.quarantined_at)}: files are not handed out",
        **deprecated(version),
    }
    show_record(fields, _sections(version))


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return text.strip().partition("\n")[0]


def _sections(version: "ModelVersion") -> Iterator[Section]:
    yield Section("description", text=version.description)
    yield _pairs("tags", version.tags)
    yield Section("metrics", [_metric(metric) for metric in version.metrics])
    yield _pairs("parameters", version.params)
    yield Section("training data", [(_data(data),) for data in version.training_data])
    yield Section("validation data", [(_data(data),) for data in version.validation_data])
    yield _pairs("training code", _facts(version.training_code))
    yield _pairs("environment", _facts(version.environment))
    yield Section("parents", [(parent.reference, parent.relation) for parent in version.parents])
    yield Section("signature", text=_json(version.signature))
    yield Section("preprocessing", text=_json(version.preprocessing))


def _pairs(title: str, pairs: Mapping[str, object]) -> Section:
    return Section(title, list(pairs.items()))


def _metric(metric: "Metric") -> tuple[object, ...]:
    return metric.name, metric.value, _facts(metric, without=("name", "value"))


def _data(data: "DataRef") -> str:
    facts = _facts(data, without=("uri", "schema"))
    return f"{data.uri or ''}  {cell(facts)}".strip()


def _facts(
    value: "DataRef | TrainingCode | Environment | Metric | None", *, without: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return the fields of a value that are known."""
    if value is None:
        return {}
    names = (name for name in value.__dataclass_fields__ if name not in without)
    return {name.replace("_", " "): known for name in names if (known := getattr(value, name)) is not None}


def _json(value: object) -> str:
    import json  # noqa: PLC0415 - few versions have such a part

    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _headline(metrics: "Iterable[Metric]", asked: Sequence[str]) -> dict[str, float]:
    """Return one value of each metric, those that were asked for first."""
    values = {metric.name: metric.value for metric in reversed(tuple(metrics))}
    first = {name: values[name] for name in asked if name in values}
    return first | dict(sorted((name, value) for name, value in values.items() if name not in first))


def _when(at: object, by: str) -> str:
    return f"{cell(at)} by {by}" if by else cell(at)
