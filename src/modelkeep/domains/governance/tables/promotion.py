"""How requests for promotion, votes, comments and reviews are stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of

_OPEN = text("status = 'open'")
_COUNTING = text("ended_at IS NULL")


class RequestRow(Base):
    """A request that a version move to a stage; a version has one open request for a stage at a time."""

    __tablename__ = "governance_request"
    __table_args__ = (
        Index(
            "uq_governance_request_open",
            "version_id",
            "target",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(None, "model", "id"),
        Index(None, "requested_by", "id"),
        Index(None, "status", "expires_at"),
        Index(None, "reverts_at"),
        Index(None, "version_id", "target", "closed_at"),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    version_id: Mapped[str] = mapped_column(ordered_text())
    namespace: Mapped[str] = mapped_column(ordered_text())
    model: Mapped[str] = mapped_column(ordered_text())
    version: Mapped[str] = mapped_column(ordered_text())
    number: Mapped[int]
    source: Mapped[str] = mapped_column(ordered_text())
    target: Mapped[str] = mapped_column(ordered_text())
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(ordered_text())
    requested_by: Mapped[str] = mapped_column(ordered_text())
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    policy: Mapped[str] = mapped_column(ordered_text())
    policy_number: Mapped[int]
    status: Mapped[str] = mapped_column(ordered_text())
    manner: Mapped[str | None] = mapped_column(ordered_text())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ordered_text())
    reverts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renews: Mapped[str | None] = mapped_column(ordered_text(), index=True)
    revision: Mapped[int]


class VoteRow(Base):
    """What somebody said to a request, and what the vote is bound to; one that has ended no longer counts."""

    __tablename__ = "governance_vote"
    __table_args__ = (
        Index(
            "uq_governance_vote_counting",
            "request_id",
            "voter",
            unique=True,
            sqlite_where=_COUNTING,
            postgresql_where=_COUNTING,
        ),
        Index(None, "request_id", "cast_at"),
        Index(None, "voter", "lapse", "id"),
        Index(None, "expires_at"),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("governance_request.id"))
    step: Mapped[str] = mapped_column(ordered_text())
    voter: Mapped[str] = mapped_column(ordered_text())
    delegator: Mapped[str | None] = mapped_column(ordered_text())
    decision: Mapped[str] = mapped_column(ordered_text())
    cast_at: Mapped[datetime] = mapped_column(UtcDateTime)
    comment: Mapped[str] = mapped_column(Text)
    conditions: Mapped[str] = mapped_column(Text)
    terms: Mapped[dict[str, object]] = mapped_column(json_document())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    binding: Mapped[dict[str, object]] = mapped_column(json_document())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapse: Mapped[str | None] = mapped_column(ordered_text())
    differences: Mapped[list[dict[str, str]]] = mapped_column(json_document())


class WaitingRow(Base):
    """An index beside open requests: a role that is asked to answer a step now, rewritten whenever that changes."""

    __tablename__ = "governance_waiting"
    __table_args__ = (Index(None, "role", "request_id"),)
    bookkeeping = True

    request_id: Mapped[str] = mapped_column(ForeignKey("governance_request.id"), primary_key=True)
    step: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    role: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    escalates_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


REQUEST = table_of(RequestRow)
VOTE = table_of(VoteRow)
WAITING = table_of(WaitingRow)
