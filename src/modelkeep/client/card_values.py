"""Model cards as frozen values. `document` of each is the API's own JSON, but of a card: that is the card itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author, Receipt
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class CardMisfit:
    """A place below `extra`, as JSON Pointer, that is not what the namespace asks of it; `problem` says what is."""

    pointer: str
    problem: str

    @classmethod
    def read(cls, answer: Answer) -> "CardMisfit":
        """Read what the server says."""
        return cls(answer.text("pointer"), answer.text("problem"))


@dataclass(frozen=True, slots=True)
class ExtraSchema:
    """What a namespace asks of `extra` in its cards: `content` is a JSON Schema, None where it asks nothing."""

    namespace: str
    revision: int
    digest: str | None
    since: datetime
    set_by: Author
    content: Mapping[str, object] | None
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "ExtraSchema":
        """Read what the server says."""
        return cls(
            answer.text("namespace"),
            answer.integer("revision"),
            answer.find_text("digest"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.mapping("document") if answer.find("document") else None,
            Receipt.read(answer.find("audit")),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Card:
    """A revision of the card of a version: `content` is the card, `notes` what was said about an import.

    `misfits` are where its `extra` is not what the namespace asks of it: it was written before that was asked.
    """

    reference: str
    revision: int
    digest: str
    since: datetime
    set_by: Author
    content: Mapping[str, object]
    audit: Receipt | None
    notes: tuple[str, ...]
    misfits: tuple[CardMisfit, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Card":
        """Read what the server says."""
        return cls(
            answer.text("reference"),
            answer.integer("revision"),
            answer.text("digest"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.mapping("document"),
            Receipt.read(answer.find("audit")),
            answer.texts("notes"),
            tuple(map(CardMisfit.read, answer.items("misfits"))),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class CardRevision:
    """A revision of a card without its content."""

    revision: int
    digest: str
    since: datetime
    set_by: Author
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardRevision":
        """Read what the server says."""
        return cls(
            answer.integer("revision"),
            answer.text("digest"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            Receipt.read(answer.find("audit")),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class CardChange:
    """A part of a card that was `added`, `removed` or `changed`; `path` is such as `$.uses.intended[0]`."""

    path: str
    operation: str
    before: Json
    after: Json

    @classmethod
    def read(cls, answer: Answer) -> "CardChange":
        """Read what the server says."""
        return cls(answer.text("path"), answer.text("operation"), answer.json("before"), answer.json("after"))


@dataclass(frozen=True, slots=True)
class CardComparison:
    """What changed from one card to another; each is named by `reference` and revision, 0 for none."""

    before: tuple[str, int]
    after: tuple[str, int]
    changes: tuple[CardChange, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardComparison":
        """Read what the server says."""
        after = answer.find("after") or Answer({})
        before = answer.find("before")
        old = (before.text("reference"), before.integer("revision")) if before else (after.text("reference"), 0)
        changes = tuple(map(CardChange.read, answer.items("changes")))
        return cls(old, (after.text("reference"), after.integer("revision")), changes, answer.document)


@dataclass(frozen=True, slots=True)
class CardDraft:
    """A card of what the registry knows, for the card at `revision`, 0 for none; nothing is saved."""

    content: Mapping[str, object]
    revision: int
    added: tuple[CardChange, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardDraft":
        """Read what the server says."""
        added = tuple(map(CardChange.read, answer.items("added")))
        return cls(answer.mapping("document"), answer.integer("revision"), added, answer.document)


@dataclass(frozen=True, slots=True)
class CardClause:
    """How much of a clause of a framework a card answers, and which fields are missing."""

    id: str
    asks: str
    weight: int
    percent: int
    missing: tuple[str, ...]

    @classmethod
    def read(cls, answer: Answer) -> "CardClause":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("asks"),
            answer.integer("weight"),
            answer.integer("percent"),
            answer.texts("missing"),
        )


@dataclass(frozen=True, slots=True)
class CardScore:
    """How complete a card is by a framework."""

    framework: str
    title: str
    edition: str
    percent: int
    clauses: tuple[CardClause, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardScore":
        """Read what the server says."""
        return cls(
            answer.text("framework"),
            answer.text("title"),
            answer.text("edition"),
            answer.integer("percent"),
            tuple(map(CardClause.read, answer.items("clauses"))),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class CardRating:
    """How complete a card is by some frameworks, and where its `extra` is not what the namespace asks of it."""

    scores: tuple[CardScore, ...]
    misfits: tuple[CardMisfit, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardRating":
        """Read what the server says."""
        scores = tuple(map(CardScore.read, answer.items("scores")))
        return cls(scores, tuple(map(CardMisfit.read, answer.items("misfits"))), answer.document)


@dataclass(frozen=True, slots=True)
class CardExport:
    """A card in another format; `losses` are the paths of what it cannot hold, with the reason."""

    format: str
    media_type: str
    file_name: str
    content: str
    losses: Mapping[str, str]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CardExport":
        """Read what the server says."""
        return cls(
            answer.text("format"),
            answer.text("media_type"),
            answer.text("file_name"),
            answer.text("content"),
            {loss.text("path"): loss.text("reason") for loss in answer.items("losses")},
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a card, from one moment to another; `until` is None for now."""

    name: str
    media_type: str
    size: int
    digest: str
    alt: str
    since: datetime
    set_by: Author
    until: datetime | None
    audit: Receipt | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Attachment":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.text("media_type"),
            answer.integer("size"),
            answer.text("digest"),
            answer.text("alt"),
            answer.time("since"),
            Author.read(answer.find("set_by")),
            answer.find_time("until"),
            Receipt.read(answer.find("audit")),
            answer.document,
        )
