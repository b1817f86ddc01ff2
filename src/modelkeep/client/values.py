"""What the registry answers with, as frozen values. `document` of each is the API's own JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer


@dataclass(frozen=True, slots=True)
class Principal:
    """Who the registry takes the caller for, and how far the token reaches: `*` is everything."""

    id: str
    name: str
    kind: str
    roles: tuple[str, ...]
    token_id: str | None
    permissions: tuple[str, ...]
    scopes: tuple[str, ...]
    expires_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Principal":
        """Read what the server says."""
        token = answer.find("token") or Answer({})
        return cls(
            answer.text("id"),
            answer.text("name"),
            answer.text("kind"),
            answer.texts("roles"),
            answer.find_text("token_id"),
            token.texts("permissions"),
            token.texts("scopes"),
            token.find_time("expires_at"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Author:
    """Who made or changed something: the identity that stays, and the name it has now."""

    id: str
    name: str

    @classmethod
    def read(cls, answer: Answer | None) -> "Author":
        """Read what the server says."""
        return cls(answer.text("id"), answer.text("name")) if answer else cls("", "")


@dataclass(frozen=True, slots=True)
class Namespace:
    """A group of models."""

    name: str
    description: str
    created_at: datetime
    revision: int
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Namespace":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.find_text("description") or "",
            answer.time("created_at"),
            answer.integer("revision"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Model:
    """An AI model: a name under which versions appear."""

    id: str
    name: str
    description: str
    task: str
    visibility: str
    owners: tuple[str, ...]
    tags: Mapping[str, str]
    last_number: int
    created_at: datetime
    created_by: Author
    changed_at: datetime
    changed_by: Author
    deleted_at: datetime | None
    revision: int
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Model":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            name=answer.text("name"),
            description=answer.find_text("description") or "",
            task=answer.find_text("task") or "",
            visibility=answer.text("visibility"),
            owners=answer.texts("owners"),
            tags=read_tags(answer),
            last_number=answer.integer("last_number"),
            created_at=answer.time("created_at"),
            created_by=Author.read(answer.find("created_by")),
            changed_at=answer.time("changed_at"),
            changed_by=Author.read(answer.find("changed_by")),
            deleted_at=answer.find_time("deleted_at"),
            revision=answer.integer("revision"),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """A place in the audit log, and the hash of what stands there: `Registry.get_audit_entry` shows it."""

    seq: int
    leaf_hash: str

    @classmethod
    def read(cls, answer: Answer | None) -> "Receipt | None":
        """Read what the server says."""
        return cls(answer.integer("seq"), answer.text("leaf_hash")) if answer else None


@dataclass(frozen=True, slots=True)
class Standing:
    """The alias or stage by which a version was found: since when it had it, who made it so, and the audit entry.

    `kind` is `alias` or `stage`.
    """

    kind: str
    name: str
    since: datetime
    set_by: Author
    audit: Receipt | None

    @classmethod
    def read(cls, answer: Answer | None) -> "Standing | None":
        """Read what the server says."""
        if answer is None:
            return None
        by = Author.read(answer.find("set_by"))
        receipt = Receipt.read(answer.find("audit"))
        return cls(answer.text("kind"), answer.text("name"), answer.time("since"), by, receipt)


@dataclass(frozen=True, slots=True)
class TagInterval:
    """The value a tag had, from one moment to another; `until` is None for now.

    `audit` is the entry that made it so.
    """

    key: str
    value: str
    since: datetime
    set_by: Author
    until: datetime | None
    ended_by: Author | None
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "TagInterval":
        """Read what the server says."""
        return cls(
            answer.text("key"),
            answer.text("value"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.find_time("until"),
            Author.read(ended_by) if (ended_by := answer.find("ended_by")) else None,
            Receipt.read(answer.find("audit")),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class AliasInterval:
    """Which version an alias pointed to, from one moment to another; `until` is None for now.

    `revision` counts the moves of the alias; `audit` is the entry that made it so.
    """

    alias: str
    number: int
    version: str
    since: datetime
    set_by: Author
    revision: int
    until: datetime | None
    ended_by: Author | None
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "AliasInterval":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.integer("number"),
            answer.text("version"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.integer("revision"),
            answer.find_time("until"),
            Author.read(ended_by) if (ended_by := answer.find("ended_by")) else None,
            Receipt.read(answer.find("audit")),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class StageInterval:
    """Which stage a version held, from one moment to another; `until` is None for now."""

    stage: str
    number: int
    version: str
    since: datetime
    set_by: Author
    until: datetime | None
    ended_by: Author | None
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "StageInterval":
        """Read what the server says."""
        return cls(
            answer.text("stage"),
            answer.integer("number"),
            answer.text("version"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.find_time("until"),
            Author.read(ended_by) if (ended_by := answer.find("ended_by")) else None,
            Receipt.read(answer.find("audit")),
            answer.document,
        )


def read_tags(answer: Answer) -> Mapping[str, str]:
    """Return the tags in an answer."""
    return {key: str(value) for key, value in answer.mapping("tags").items()}
