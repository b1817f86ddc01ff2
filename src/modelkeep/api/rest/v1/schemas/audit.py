"""Entries of the audit log on the wire."""

from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.audit import Entry, Erasure, Hold
from modelkeep.kernel.events import Receipt


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


class ErasureIn(In):
    """What is to be erased: exactly one of `subject`, `within` and `principal`."""

    reason: str = Field(description="Why; the log keeps it")
    subject: str | None = Field(None, description="The texts of entries about exactly this")
    within: str | None = Field(None, description="The texts of entries about a namespace or model, and all in it")
    principal: str | None = Field(None, description="The name of a principal, and the texts of all it did")
    fields: list[str] = Field(default_factory=list, max_length=100, description="These texts only, such as `message`")

    @property
    def erasure(self) -> Erasure:
        """What is asked for."""
        return Erasure(self.reason, self.subject, self.within, self.principal, tuple(self.fields))


class ErasureOut(Out):
    """How many texts were erased."""

    texts: int
    audit: ReceiptOut | None


class HoldIn(In):
    """A legal hold to place."""

    scope: str = Field(description="`*` for the registry, a namespace, or `namespace/model`")
    reason: str = Field(description="Why, such as the number of a case")


class ReleaseIn(In):
    """Why a legal hold ends."""

    reason: str


class HoldOut(Out):
    """A legal hold; `released_at` is null while it holds."""

    id: str
    scope: str
    reason: str
    placed_at: Timestamp
    placed_by: PrincipalOut
    released_at: Timestamp | None
    released_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, hold: Hold, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a hold."""
        return cls(
            id=hold.id,
            scope=hold.scope,
            reason=hold.reason,
            placed_at=hold.placed_at,
            placed_by=PrincipalOut.of(hold.placed_by, names),
            released_at=hold.released_at,
            released_by=None if hold.released_by is None else PrincipalOut.of(hold.released_by, names),
            audit=ReceiptOut.of(receipt),
        )
