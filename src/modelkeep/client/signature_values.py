"""Signatures of versions, and the keys that are trusted to make them, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.values import Author


@dataclass(frozen=True, slots=True)
class SignedBy:
    """The trusted key by which a signature holds; `identity` is whom an authority issued the certificate to."""

    id: str
    name: str
    scope: str
    fingerprint: str
    identity: str | None

    @classmethod
    def read(cls, answer: Answer | None) -> "SignedBy | None":
        """Read what the server says; None where no key holds."""
        if answer is None:
            return None
        return cls(
            answer.text("id"),
            answer.text("name"),
            answer.text("scope"),
            answer.text("fingerprint"),
            answer.find_text("identity"),
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of a version, as the server verified it when it was asked for: `fault` says why it does not hold.

    `promotion` is what the registry says of one in a signature of its own; None for signatures over files.
    """

    id: str
    digest: str
    predicate_type: str
    holds: bool
    fault: str
    key: SignedBy | None
    promotion: Mapping[str, object] | None = field(repr=False)
    added_at: datetime
    added_by: Author
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Signature":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            digest=answer.text("digest"),
            predicate_type=answer.text("predicate_type"),
            holds=bool(answer.flag("holds")),
            fault=answer.text("fault"),
            key=SignedBy.read(answer.find("key")),
            promotion=answer.mapping("promotion") if answer.find("promotion") else None,
            added_at=answer.time("added_at"),
            added_by=Author.read(answer.find("added_by")),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, or an authority about certain identities, that is trusted on `*` or in a namespace."""

    id: str
    scope: str
    name: str
    kind: str
    fingerprint: str
    identity: str | None
    pem: str = field(repr=False)
    valid_from: datetime | None
    valid_until: datetime | None
    since: datetime
    trusted_by: Author
    until: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "SigningKey":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            scope=answer.text("scope"),
            name=answer.text("name"),
            kind=answer.text("kind"),
            fingerprint=answer.text("fingerprint"),
            identity=answer.find_text("identity"),
            pem=answer.text("pem"),
            valid_from=answer.find_time("valid_from"),
            valid_until=answer.find_time("valid_until"),
            since=answer.time("since"),
            trusted_by=Author.read(answer.find("trusted_by")),
            until=answer.find_time("until"),
            document=answer.document,
        )
