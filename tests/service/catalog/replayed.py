"""The catalog as its audit log tells it: entries up to a time, applied in its order. Nothing else is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.audit.tables import ENTRY, TEXT
from modelkeep.domains.catalog import Deprecation, Metric, Model, ModelVersion, Visibility
from modelkeep.kernel.digests import digest_json


@dataclass(frozen=True)
class Told:
    """An entry, the time of its event, and what people typed."""

    entry: Entry
    at: datetime
    texts: Mapping[str, str]

    @property
    def tags(self) -> dict[str, str]:
        return {name[4:]: value for name, value in self.texts.items() if name.startswith("tag:")}


@dataclass
class Subject:
    """What is known of a model or version."""

    facts: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[tuple[str, str, str, int], Metric] = field(default_factory=dict)
    deleted_at: datetime | None = None
    quarantined_at: datetime | None = None
    deprecation: Deprecation | None = None


@dataclass
class World:
    """All that there is at a time."""

    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, Subject] = field(default_factory=dict)
    versions: dict[str, Subject] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)


def log_of(services: Services, *namespaces: str) -> list[Told]:
    """Return the entries of namespaces, in the order of the log."""
    with services.access.database.snapshot() as tx:
        chosen = ENTRY.c.namespace.in_(namespaces)
        rows = tx.session.execute(select(ENTRY).where(chosen).order_by(ENTRY.c.seq)).all()
        texts: dict[int, dict[str, str]] = {row.seq: {} for row in rows}
        for row in tx.session.execute(select(TEXT).join(ENTRY, ENTRY.c.seq == TEXT.c.seq).where(chosen)):
            texts[row.seq][row.field] = row.value
    return [
        Told(Entry.read(row.payload, row.leaf_hash), row.happened_at, texts[row.seq])
        for row in rows
        if row.action.startswith("catalog.")
    ]


def replay(log: Iterable[Told], until: datetime) -> World:
    """Return what there was at a time, by the entries whose event had happened."""
    world = World()
    for told in log:
        if told.at <= until:
            _APPLY[told.entry.action.partition("_")[0]](world, told, told.entry.action.partition(".")[2])
    return world


def _changed(told: Told) -> dict[str, Any]:
    return {"revision": told.entry.data.get("revision", 1), "changed_at": told.at, "changed_by": told.entry.actor.id}


def _namespace(world: World, told: Told, action: str) -> None:
    name = told.entry.subject
    if action == "namespace_deleted":
        del world.namespaces[name]
        return
    if action == "namespace_created":
        world.namespaces[name] = {"created_at": told.at, "created_by": told.entry.actor.id}
    revision = told.entry.data.get("revision", 1)
    world.namespaces[name] |= {"description": told.texts["description"], "revision": revision}


def _model(world: World, told: Told, action: str) -> None:
    name = told.entry.subject
    if action == "model_created":
        made = {"description": "", "task": "", "owners": (), "created_at": told.at}
        world.models[name] = Subject({"id": told.entry.data["model_id"], "last_number": 0, **made}, told.tags)
    model = world.models[name]
    typed = {key: told.texts[key] for key in ("description", "task") if key in told.texts}
    if "owners" in told.texts:
        typed["owners"] = tuple(filter(None, told.texts["owners"].split("\n")))  # type: ignore[assignment]  # a tuple
    model.facts |= typed | _changed(told) | {"visibility": _visibility(told, model.facts["id"])}
    _apply_common(model, told, action)


def _visibility(told: Told, model_id: str) -> Visibility:
    """Return the one visibility that the digest in the leaf was made of."""
    facts = {"id": model_id, "name": told.entry.subject, "revision": told.entry.data["revision"]}
    (known,) = [
        visibility
        for visibility in Visibility
        if str(digest_json(facts | {"visibility": visibility.value})) == told.entry.after_digest
    ]
    return known


def _version(world: World, told: Told, action: str) -> None:
    subject, data = told.entry.subject, told.entry.data
    if action == "version_registered":
        model = world.models[subject.partition(":")[0]]
        model.facts["last_number"] = data["number"]
        made = {name: data[name] for name in ("number", "manifest_digest", "stage")} | {"created_at": told.at}
        world.versions[subject] = Subject(made | {"message": told.texts["message"]}, told.tags)
    version = world.versions[subject]
    if "description" in told.texts:
        version.facts["description"] = told.texts["description"]
    version.facts |= _changed(told)
    for item in data.get("metrics", ()):  # type: ignore[union-attr]  # a list of objects
        metric = Metric(**{**item, "value": float(item["value"])})  # type: ignore[arg-type,call-overload,index,dict-item]
        version.metrics[metric.identity] = metric
    _apply_common(version, told, action)


def _apply_common(subject: Subject, told: Told, action: str) -> None:
    verb = action.partition("_")[2]
    if verb == "tagged":
        subject.tags |= told.tags
    elif verb == "untagged":
        del subject.tags[told.texts["tag_key"]]
    elif verb == "deleted":
        subject.deleted_at = told.at
    elif verb == "restored":
        subject.deleted_at = None
    else:
        _apply_withdrawal(subject, told, verb)


def _apply_withdrawal(subject: Subject, told: Told, verb: str) -> None:
    if verb == "deprecated":
        since = subject.deprecation.since if subject.deprecation else told.at
        subject.deprecation = Deprecation(since, notice=told.texts["notice"])
    elif verb == "undeprecated":
        subject.deprecation = None
    elif verb == "quarantined":
        subject.quarantined_at = told.at
    elif verb == "released":
        subject.quarantined_at = None


def _alias(world: World, told: Told, action: str) -> None:
    if action == "alias_removed":
        del world.aliases[told.entry.subject]
        return
    data = told.entry.data
    made_so = {"since": told.at, "set_by": told.entry.actor.id, "entry": (told.entry.seq, told.entry.leaf_hash.hex())}
    world.aliases[told.entry.subject] = {"version_id": data["version_id"], "number": data["number"], **made_so}


_APPLY = {
    "catalog.namespace": _namespace,
    "catalog.model": _model,
    "catalog.version": _version,
    "catalog.metrics": _version,
    "catalog.alias": _alias,
}


def model_as_told(model: Model) -> Subject:
    """Return of a model what the log tells."""
    names = ("id", "last_number", "description", "task", "owners", "created_at", "revision", "changed_at", "changed_by")
    facts = {name: getattr(model, name) for name in (*names, "visibility")}
    return Subject(facts, dict(model.tags), deleted_at=model.deleted_at)


def version_as_told(version: ModelVersion) -> Subject:
    """Return of a version what the log tells; its aliases are compared apart."""
    names = ("number", "stage", "created_at", "revision", "changed_at", "changed_by")
    facts = {name: getattr(version, name) for name in names}
    facts |= {"description": version.record.description, "message": version.record.message}
    facts["manifest_digest"] = str(version.manifest_digest)
    metrics = {metric.identity: metric for metric in version.record.metrics}
    ended = (version.deleted_at, version.quarantined_at, version.deprecation)
    return Subject(facts, dict(version.record.tags), metrics, *ended)
