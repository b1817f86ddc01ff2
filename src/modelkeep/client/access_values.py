"""Roles, bindings, groups and principals, as frozen values. `document` of each is the API's own JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author


@dataclass(frozen=True, slots=True)
class Binding:
    """A role of a principal or a group on `*`, a namespace or a model; `until` is None for now."""

    id: str
    subject_type: str
    subject: Author
    role: str
    scope: str
    stage: str
    reason: str
    since: datetime
    granted_by: Author
    expires_at: datetime | None
    until: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Binding":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("subject_type"),
            Author.read(answer.find("subject")),
            answer.text("role"),
            answer.text("scope"),
            answer.text("stage"),
            answer.text("reason"),
            answer.time("since"),
            Author.read(answer.find("granted_by")),
            answer.find_time("expires_at"),
            answer.find_time("until"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Granting:
    """A binding that allows something, perhaps through a group."""

    binding_id: str
    role: str
    scope: str
    stage: str
    group: str | None
    granted_by: Author
    expires_at: datetime | None

    @classmethod
    def read(cls, answer: Answer) -> "Granting":
        """Read what the server says."""
        return cls(
            answer.text("binding_id"),
            answer.text("role"),
            answer.text("scope"),
            answer.text("stage"),
            answer.find_text("group"),
            Author.read(answer.find("granted_by")),
            answer.find_time("expires_at"),
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether somebody may, the bindings or the visibility that make it so, and what is missing."""

    allowed: bool
    bindings: tuple[Granting, ...]
    visibility: str | None
    missing: tuple[str, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Explanation":
        """Read what the server says."""
        return cls(
            bool(answer.flag("allowed")),
            tuple(map(Granting.read, answer.items("bindings"))),
            answer.find_text("visibility"),
            answer.texts("missing"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line of an access review: who holds a role where, through what, until when, and when it was last used."""

    principal: Author
    kind: str
    role: str
    scope: str
    stage: str
    group: str | None
    binding_id: str
    granted_by: Author
    since: datetime
    expires_at: datetime | None
    last_used: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "ReviewLine":
        """Read what the server says."""
        return cls(
            Author.read(answer.find("principal")),
            answer.text("kind"),
            answer.text("role"),
            answer.text("scope"),
            answer.text("stage"),
            answer.find_text("group"),
            answer.text("binding_id"),
            Author.read(answer.find("granted_by")),
            answer.time("since"),
            answer.find_time("expires_at"),
            answer.find_time("last_used"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions."""

    name: str
    built_in: bool
    permissions: tuple[str, ...]
    description: str
    revision: int
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Role":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            bool(answer.flag("built_in")),
            answer.texts("permissions"),
            answer.text("description"),
            answer.integer("revision"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A group of principals."""

    id: str
    name: str
    created_at: datetime
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Group":
        """Read what the server says."""
        return cls(answer.text("id"), answer.text("name"), answer.time("created_at"), answer.document)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group."""

    principal: Author
    since: datetime
    added_by: Author
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Member":
        """Read what the server says."""
        added_by = Author.read(answer.find("added_by"))
        return cls(Author.read(answer.find("principal")), answer.time("since"), added_by, answer.document)


@dataclass(frozen=True, slots=True)
class Account:
    """A user, a service account or a CI identity."""

    id: str
    name: str
    kind: str
    owner: Author | None
    created_at: datetime
    disabled_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Account":
        """Read what the server says."""
        owner = answer.find("owner")
        return cls(
            answer.text("id"),
            answer.text("name"),
            answer.text("kind"),
            None if owner is None else Author.read(owner),
            answer.time("created_at"),
            answer.find_time("disabled_at"),
            answer.document,
        )
