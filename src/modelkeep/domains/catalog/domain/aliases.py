"""Aliases: names that move from version to version, with their whole history."""

from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.domains.catalog.domain.errors import InvalidRecordError
from modelkeep.domains.catalog.domain.versions import STAGES, ModelVersion
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.events import Event, Json, Receipt
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.references import Alias, ModelName
from modelkeep.kernel.semver import Version

_RESERVED = frozenset({"latest", *(stage.lower() for stage in STAGES)})


@dataclass(frozen=True, slots=True)
class AliasInterval:
    """What an alias pointed to from one moment to another; `until` is None for now, `revision` counts its moves.

    `entry` is the audit entry that made it so, where it was looked up.
    """

    name: str
    version_id: str
    number: int
    version: Version
    since: datetime
    set_by: PrincipalId
    revision: int
    until: datetime | None = None
    ended_by: PrincipalId | None = None
    entry: Receipt | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StageInterval:
    """The stage a version held from one moment to another; `until` is None for now."""

    version_id: str
    number: int
    version: Version
    stage: str
    since: datetime
    set_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None
    entry: Receipt | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TagInterval:
    """The value a tag of a model or version had from one moment to another; `until` is None for now."""

    key: str
    value: str
    since: datetime
    set_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None
    entry: Receipt | None = field(default=None, compare=False)


def check_alias_name(name: str) -> str:
    """Return the name, or refuse it when it could be read as a version, a number or a stage.

    Raises:
        InvalidRecordError: the name is that of a stage, or `latest`.
        InvalidReferenceError: the name breaks the grammar of references.
    """
    if name.lower() in _RESERVED:
        raise reserved_alias(name)
    return Alias(name).name


def reserved_alias(name: str) -> InvalidRecordError:
    """Return the error for an alias whose name already means something else."""
    return InvalidRecordError(
        f"{name!r} cannot be an alias: '@{name}' already means "
        + ("the newest version" if name.lower() == "latest" else "whoever holds that stage; request a promotion"),
        alias=name,
    )


def check_seen(name: str, current: AliasInterval | None, seen: int | None) -> None:
    """Refuse a change that is based on another state of the alias than the current one.

    `seen` is the revision the caller read, 0 if there was no such alias, None to change it anyway.

    Raises:
        StaleRevisionError: somebody else has moved the alias meanwhile.
    """
    revision = current.revision if current else 0
    if seen not in (None, revision):
        raise StaleRevisionError(f"alias {name} has moved meanwhile (revision {revision}); read it again and retry")


def alias_set(version: ModelVersion, name: str, previous: AliasInterval | None, by: Actor, at: datetime) -> Event:
    """Return the event of pointing an alias to a version."""
    data: dict[str, Json] = {
        "alias": name,
        "model_id": version.model_id,
        "version_id": version.id,
        "number": version.number,
        "previous_version_id": previous.version_id if previous else None,
        "previous_number": previous.number if previous else None,
    }
    return Event("catalog.alias_set", f"{version.model}@{name}", by, at, data)


def alias_removed(model: ModelName, previous: AliasInterval, by: Actor, at: datetime) -> Event:
    """Return the event of removing an alias."""
    data: dict[str, Json] = {"alias": previous.name, "version_id": previous.version_id, "number": previous.number}
    return Event("catalog.alias_removed", f"{model}@{previous.name}", by, at, data)
