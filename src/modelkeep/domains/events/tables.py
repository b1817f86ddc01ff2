"""How subscriptions, their secrets and their deliveries are stored. Rows never leave the repository."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class SubscriptionRow(Base):
    """What is sent where; the address is sealed."""

    __tablename__ = "events_subscription"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(ordered_text())
    shown_target: Mapped[str] = mapped_column(Text)
    target: Mapped[bytes] = mapped_column(LargeBinary)
    types: Mapped[list[str]] = mapped_column(json_document())
    namespace: Mapped[str] = mapped_column(ordered_text())
    model: Mapped[str] = mapped_column(ordered_text())
    template: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(ordered_text())
    owner_kind: Mapped[str] = mapped_column(ordered_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_reason: Mapped[str | None] = mapped_column(ordered_text())
    revision: Mapped[int] = mapped_column(Integer)


class SecretRow(Base):
    """A secret that deliveries are signed with, sealed; several while one is exchanged."""

    __tablename__ = "events_secret"
    __table_args__ = (Index(None, "subscription_id"),)

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("events_subscription.id", ondelete="CASCADE"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProgressRow(Base):
    """How far a subscription has come in the log."""

    __tablename__ = "events_progress"
    bookkeeping: ClassVar[bool] = True

    subscription_id: Mapped[str] = mapped_column(
        ForeignKey("events_subscription.id", ondelete="CASCADE"), primary_key=True
    )
    cursor: Mapped[int] = mapped_column(BigInteger, index=True)
    epoch: Mapped[int] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer)
    blocked_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeliveryRow(Base):
    """One attempt to deliver."""

    __tablename__ = "events_delivery"
    __table_args__ = (Index(None, "subscription_id", "id"),)
    bookkeeping: ClassVar[bool] = True

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("events_subscription.id", ondelete="CASCADE"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(ordered_text())
    purpose: Mapped[str] = mapped_column(ordered_text())
    attempt: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(ordered_text())
    status: Mapped[int | None] = mapped_column(Integer)
    latency_ms: Mapped[int] = mapped_column(Integer)
    excerpt: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


SUBSCRIPTION = table_of(SubscriptionRow)
SECRET = table_of(SecretRow)
PROGRESS = table_of(ProgressRow)
DELIVERY = table_of(DeliveryRow)
