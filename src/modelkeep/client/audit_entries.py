"""An entry of the audit log, as the registry answers with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry: `texts` is what people typed, `erased` names what of it is gone.

    `leaf_hash` is the hash that the receipt of the change has.
    """

    seq: int
    type: str
    at: datetime
    actor: Author
    subject: str
    request_id: str
    data: Mapping[str, object]
    texts: Mapping[str, object]
    erased: tuple[str, ...]
    leaf_hash: str
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "AuditEntry":
        """Read what the server says."""
        return cls(
            seq=answer.integer("seq"),
            type=answer.text("type"),
            at=answer.time("at"),
            actor=Author.read(answer.find("actor")),
            subject=answer.text("subject"),
            request_id=answer.text("request_id"),
            data=answer.mapping("data"),
            texts=answer.mapping("texts"),
            erased=answer.texts("erased"),
            leaf_hash=answer.text("leaf_hash"),
            document=answer.document,
        )
