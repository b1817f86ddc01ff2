"""How policies and their assignments are stored."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class PolicyRow(Base):
    """A version of a policy, which never changes: `document` is canonical JSON, `source` what somebody wrote."""

    __tablename__ = "governance_policy"
    __table_args__ = (UniqueConstraint("name", "digest"),)

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(ordered_text())
    document: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(ordered_text())


class AssignmentRow(Base):
    """An interval in which a version of a policy was assigned to a scope; the one without an end is now.

    `scope` is `*`, a namespace or `namespace/model`; `namespace` what it lies in.
    """

    __tablename__ = "governance_assignment"
    __table_args__ = (
        ForeignKeyConstraint(["policy", "number"], ["governance_policy.name", "governance_policy.number"]),
        Index(
            "uq_governance_assignment_current",
            "scope",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(None, "scope", "since"),
        Index(None, "policy", "number", "id"),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    scope: Mapped[str] = mapped_column(ordered_text())
    namespace: Mapped[str | None] = mapped_column(ordered_text())
    policy: Mapped[str] = mapped_column(ordered_text())
    number: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


POLICY = table_of(PolicyRow)
ASSIGNMENT = table_of(AssignmentRow)
