"""Model cards on the wire."""

from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.cards import (
    Attachment,
    CardFormat,
    CardRevision,
    Change,
    ClauseScore,
    Comparison,
    Draft,
    Exported,
    ExtraSchema,
    Framework,
    Problem,
    Rating,
    Score,
    ShownCard,
    written,
)
from modelkeep.kernel.events import Receipt

Document = dict[str, Any]


class CardIn(In):
    """A whole card."""

    document: Document = Field(description="The card, as `GET /api/v1/cards/schema` describes it")


class CardPatchIn(In):
    """A part of a card to change."""

    patch: Document = Field(description="A merge patch (RFC 7396): `null` removes a field, an array replaces one")


class MisfitOut(Out):
    """A place below `extra` that is not what the namespace asks of it."""

    path: str
    pointer: str = Field(description="The place as JSON Pointer (RFC 6901)")
    problem: str = Field(description="What is expected")

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Present it."""
        return cls(**problem.facts)


class CardOut(Out):
    """A revision of the card of a version."""

    reference: str
    version_id: str
    revision: int
    digest: str = Field(description="The SHA-256 of the document in canonical JSON (RFC 8785)")
    since: Timestamp
    set_by: PrincipalOut
    document: Document
    misfits: list[MisfitOut] = Field(description="Where `extra` is not what the namespace asks of it")
    audit: ReceiptOut | None

    @classmethod
    def of(cls, shown: ShownCard, names: Names, receipt: Receipt | None) -> Self:
        """Present a card."""
        card = shown.card
        return cls(
            reference=shown.version.reference,
            version_id=card.version_id,
            revision=card.revision,
            digest=card.digest,
            since=card.since,
            set_by=PrincipalOut.of(card.set_by, names),
            document=dict(card.document),
            misfits=list(map(MisfitOut.of, shown.misfits)),
            audit=ReceiptOut.of(receipt),
        )


class CardRevisionOut(Out):
    """A revision without its document."""

    version_id: str
    revision: int
    digest: str
    since: Timestamp
    set_by: PrincipalOut
    audit: ReceiptOut | None

    @classmethod
    def of(cls, revision: CardRevision, names: Names) -> Self:
        """Present a revision."""
        return cls(
            version_id=revision.version_id,
            revision=revision.revision,
            digest=revision.digest,
            since=revision.since,
            set_by=PrincipalOut.of(revision.set_by, names),
            audit=ReceiptOut.of(revision.entry),
        )


class ChangeOut(Out):
    """A part of a card that changed."""

    path: str = Field(description="Its place, such as `$.uses.intended[0]`; of a removed item, in the old list")
    steps: list[str | int] = Field(description="The same as names of members and places in arrays")
    operation: str = Field(description="`added`, `removed` or `changed`")
    before: Any
    after: Any

    @classmethod
    def of(cls, change: Change) -> Self:
        """Present a change."""
        return cls(
            path=written(change.path),
            steps=list(change.path),
            operation=change.operation.value,
            before=change.before,
            after=change.after,
        )


class ComparedOut(Out):
    """One of two cards that are compared."""

    reference: str
    revision: int
    digest: str

    @classmethod
    def of(cls, shown: ShownCard) -> Self:
        """Present it."""
        return cls(reference=shown.version.reference, revision=shown.card.revision, digest=shown.card.digest)


class ComparisonOut(Out):
    """What changed from one card to another; `before` is null where there was none."""

    before: ComparedOut | None
    after: ComparedOut
    changes: list[ChangeOut]

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """Present a comparison."""
        return cls(
            before=None if comparison.before is None else ComparedOut.of(comparison.before),
            after=ComparedOut.of(comparison.after),
            changes=[ChangeOut.of(change) for change in comparison.changes],
        )


class DraftOut(Out):
    """A card that the registry proposes; nothing is saved."""

    document: Document
    revision: int = Field(description="The revision of the card that it goes on from, for If-Match; 0 is none")
    added: list[ChangeOut] = Field(description="What it adds to the card that there is")

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """Present a draft."""
        document = draft.document if isinstance(draft.document, dict) else {}
        return cls(document=document, revision=draft.revision, added=[ChangeOut.of(change) for change in draft.added])


class ClauseOut(Out):
    """How much of a clause a card answers."""

    id: str
    asks: str
    weight: int
    percent: int
    missing: list[str] = Field(description="Fields of the card that are empty; with `|`, one of several would do")

    @classmethod
    def of(cls, scored: ClauseScore) -> Self:
        """Present a clause."""
        clause = scored.clause
        return cls(
            id=clause.id,
            asks=clause.asks,
            weight=clause.weight,
            percent=int(100 * scored.share),
            missing=list(scored.missing),
        )


class FrameworkOut(Out):
    """A framework that cards are rated by."""

    id: str
    title: str
    edition: str
    source: str
    clauses: int

    @classmethod
    def of(cls, framework: Framework) -> Self:
        """Present a framework."""
        return cls(
            id=framework.id,
            title=framework.title,
            edition=framework.edition,
            source=framework.source,
            clauses=len(framework.clauses),
        )


class FrameworksOut(Out):
    """All frameworks that this registry has."""

    frameworks: list[FrameworkOut]


class ScoreOut(Out):
    """How complete a card is by a framework: a weighted share, and by clause what is missing."""

    framework: str
    title: str
    edition: str
    percent: int
    clauses: list[ClauseOut]

    @classmethod
    def of(cls, score: Score) -> Self:
        """Present a score."""
        framework = score.framework
        return cls(
            framework=framework.id,
            title=framework.title,
            edition=framework.edition,
            percent=score.percent,
            clauses=[ClauseOut.of(clause) for clause in score.clauses],
        )


class ScoresOut(Out):
    """How complete a card is by each framework."""

    scores: list[ScoreOut]
    misfits: list[MisfitOut] = Field(description="Where `extra` is not what the namespace asks of it")

    @classmethod
    def of(cls, rating: Rating) -> Self:
        """Present them."""
        return cls(scores=list(map(ScoreOut.of, rating.scores)), misfits=list(map(MisfitOut.of, rating.misfits)))


class ExtraSchemaIn(In):
    """What a namespace is to ask of `extra` in its cards."""

    document: Document = Field(description="A JSON Schema (draft 2020-12); `$ref` names its own `$defs` only")


class ExtraSchemaOut(Out):
    """What a namespace asks of `extra` in its cards; without a document nothing."""

    namespace: str
    revision: int
    digest: str | None = Field(description="The SHA-256 of the document in canonical JSON (RFC 8785)")
    since: Timestamp
    set_by: PrincipalOut
    document: Document | None
    audit: ReceiptOut | None

    @classmethod
    def of(cls, schema: ExtraSchema, names: Names, receipt: Receipt | None) -> Self:
        """Present it."""
        return cls(
            namespace=schema.namespace,
            revision=schema.revision,
            digest=None if schema.digest is None else str(schema.digest),
            since=schema.since,
            set_by=PrincipalOut.of(schema.set_by, names),
            document=None if schema.schema is None else dict(schema.schema),
            audit=ReceiptOut.of(receipt),
        )


class CardImportIn(In):
    """A document in another format to make the card of."""

    format: CardFormat = Field(description="`json`, `yaml`, or `huggingface` for a README")
    content: str = Field(description="The document, as text")


class ImportedCardOut(CardOut):
    """The card that was made of a document, and what is to be said about how it was read."""

    notes: list[str]


class LossOut(Out):
    """A part of a card that a format cannot hold as it is."""

    path: str
    reason: str


class ExportedCardOut(Out):
    """A card in another format, and what is lost there."""

    format: CardFormat
    media_type: str
    file_name: str
    content: str
    losses: list[LossOut]

    @classmethod
    def of(cls, exported: Exported) -> Self:
        """Present an export."""
        return cls(
            format=exported.format,
            media_type=exported.media_type,
            file_name=exported.file_name,
            content=exported.content,
            losses=[LossOut(path=loss.path, reason=loss.reason) for loss in exported.losses],
        )


class AttachmentOut(Out):
    """A file of a card, from one moment to another; `until` is null for now."""

    name: str
    media_type: str
    size: int
    digest: str
    alt: str
    since: Timestamp
    set_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None

    @classmethod
    def of(cls, attachment: Attachment, names: Names, receipt: Receipt | None) -> Self:
        """Present an attachment."""
        ended_by = attachment.ended_by
        return cls(
            name=attachment.name,
            media_type=attachment.media_type,
            size=attachment.size,
            digest=str(attachment.digest),
            alt=attachment.alt,
            since=attachment.since,
            set_by=PrincipalOut.of(attachment.set_by, names),
            until=attachment.until,
            ended_by=None if ended_by is None else PrincipalOut.of(ended_by, names),
            audit=ReceiptOut.of(receipt),
        )
