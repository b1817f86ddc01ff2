"""How evaluations of gates and their evidence, waivers, and checks by other systems are stored."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of

_UNENDED = text("ended_at IS NULL")


class EvidenceRow(Base):
    """A document by its digest, in canonical JSON: a gate's configuration, or what it looked at."""

    __tablename__ = "governance_evidence"

    digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class EvaluationRow(Base):
    """What one gate said in an evaluation; those of one `id` were evaluated together.

    `asked` and `seen` are digests of evidence, and `digest` is that of the whole evaluation, which votes are bound to.
    """

    __tablename__ = "governance_evaluation"
    __table_args__ = (Index(None, "version_id", "id"),)

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    gate_id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    place: Mapped[int]
    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"))
    request_id: Mapped[str | None] = mapped_column(ordered_text())
    digest: Mapped[str] = mapped_column(ordered_text())
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(ordered_text())
    target: Mapped[str] = mapped_column(ordered_text())
    kind: Mapped[str] = mapped_column(ordered_text())
    severity: Mapped[str] = mapped_column(ordered_text())
    status: Mapped[str] = mapped_column(ordered_text())
    found: Mapped[str] = mapped_column(ordered_text())
    message: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, object]] = mapped_column(json_document())
    asked: Mapped[str] = mapped_column(ForeignKey("governance_evidence.digest"))
    seen: Mapped[str] = mapped_column(ForeignKey("governance_evidence.digest"))
    duration_us: Mapped[int] = mapped_column(BigInteger)
    waiver_id: Mapped[str | None] = mapped_column(ordered_text())


class WaiverRow(Base):
    """Leave to pass a gate that does not hold, for a version or, without one, for all of a model, until it ends.

    One whose time is over has an end once the registry has said so.
    """

    __tablename__ = "governance_waiver"
    __table_args__ = (
        Index(None, "model_id", "id"),
        Index(
            "ix_governance_waiver_unended",
            "expires_at",
            "id",
            sqlite_where=_UNENDED,
            postgresql_where=_UNENDED,
        ),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    gate_id: Mapped[str] = mapped_column(ordered_text())
    model_id: Mapped[str] = mapped_column(ForeignKey("catalog_model.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_version.id"))
    reason: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(ordered_text())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class ExternalCheckRow(Base):
    """A question to another system: whoever has the token of this hash answers once, until it expires."""

    __tablename__ = "governance_external_check"
    __table_args__ = (Index(None, "version_id", "gate_id", "id"),)

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    gate_id: Mapped[str] = mapped_column(ordered_text())
    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"))
    reference: Mapped[str] = mapped_column(ordered_text())
    token_hash: Mapped[str] = mapped_column(ordered_text())
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(ordered_text())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    passed: Mapped[bool | None]
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    details: Mapped[str] = mapped_column(Text)


EVIDENCE = table_of(EvidenceRow)
EVALUATION = table_of(EvaluationRow)
WAIVER = table_of(WaiverRow)
EXTERNAL_CHECK = table_of(ExternalCheckRow)
