"""Entries of the audit log on the wire."""

from typing import Any, Self

from modelkeep.api.rest.v1.schemas.common import Names, Out, Timestamp
from modelkeep.domains.audit import Entry


class EntryActorOut(Out):
    """Who made an entry: the pseudonymous id that the log holds, and the name it has now."""

    id: str
    name: str
    kind: str
    token_id: str | None


class EntryOut(Out):
    """One entry of the audit log.

    `texts` is what people typed; what was erased is named in `erased`. `leaf_hash` is what a receipt of the change has.
    """

    seq: int
    type: str
    action: str
    at: Timestamp
    actor: EntryActorOut
    subject: str
    request_id: str
    data: dict[str, Any]
    texts: dict[str, str]
    erased: list[str]
    before_digest: str | None
    after_digest: str | None
    leaf_hash: str

    @classmethod
    def of(cls, entry: Entry, names: Names) -> Self:
        """Present an entry."""
        actor = entry.actor
        return cls(
            seq=entry.seq,
            type=entry.type,
            action=entry.action,
            at=entry.at,
            actor=EntryActorOut(
                id=actor.id, name=names.get(actor.id, actor.id), kind=actor.kind, token_id=actor.token_id
            ),
            subject=entry.subject,
            request_id=entry.request_id,
            data=dict(entry.data),
            texts={text.field: text.value for text in entry.texts},
            erased=list(entry.erased),
            before_digest=entry.before_digest,
            after_digest=entry.after_digest,
            leaf_hash=entry.leaf_hash.hex(),
        )
