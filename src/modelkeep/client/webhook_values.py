"""Subscriptions, deliveries, live events and background jobs, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription to events. `secret` is there only in the answer that made it; `cursor` is the last event done."""

    id: str
    name: str
    kind: str
    url: str
    types: tuple[str, ...]
    namespace: str
    model: str
    owner: Author
    disabled_at: datetime | None
    disabled_reason: str | None
    cursor: int
    failures: int
    revision: int
    secret: str | None = field(repr=False)
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Webhook":
        """Read what the server says."""
        selection = Answer(answer.mapping("selection"))
        return cls(
            id=answer.text("id"),
            name=answer.text("name"),
            kind=answer.text("kind"),
            url=answer.text("url"),
            types=selection.texts("types"),
            namespace=selection.text("namespace"),
            model=selection.text("model"),
            owner=Author.read(answer.find("owner")),
            disabled_at=answer.find_time("disabled_at"),
            disabled_reason=answer.find_text("disabled_reason"),
            cursor=answer.integer("cursor"),
            failures=answer.integer("failures"),
            revision=answer.integer("revision"),
            secret=answer.find_text("secret"),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One attempt to deliver an event; `seq` is None for a test, `status` where there was no answer."""

    seq: int | None
    type: str
    purpose: str
    attempt: int
    outcome: str
    status: int | None
    latency_ms: int
    excerpt: str
    at: datetime
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "WebhookDelivery":
        """Read what the server says."""
        return cls(
            seq=answer.integer("seq") if answer.json("seq") is not None else None,
            type=answer.text("type"),
            purpose=answer.text("purpose"),
            attempt=answer.integer("attempt"),
            outcome=answer.text("outcome"),
            status=answer.integer("status") if answer.json("status") is not None else None,
            latency_ms=answer.integer("latency_ms"),
            excerpt=answer.text("excerpt"),
            at=answer.time("at"),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something that happened: its number in the log, its type, and the CloudEvent it came as."""

    seq: int
    type: str
    subject: str
    time: datetime
    data: Mapping[str, object]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, seq: int, kind: str, answer: Answer) -> "LiveEvent":
        """Read what the server says."""
        return cls(seq, kind, answer.text("subject"), answer.time("time"), answer.mapping("data"), answer.document)


@dataclass(frozen=True, slots=True)
class Job:
    """A background job of the server."""

    id: str
    kind: str
    key: str
    status: str
    run_at: datetime
    attempts: int
    last_error: str | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Job":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("kind"),
            answer.text("key"),
            answer.text("status"),
            answer.time("run_at"),
            answer.integer("attempts"),
            answer.find_text("last_error"),
            answer.document,
        )
