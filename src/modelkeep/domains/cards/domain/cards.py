"""The card of a version: one document after the other, each with its digest."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from modelkeep.domains.cards.domain.errors import CardNotFoundError
from modelkeep.domains.cards.domain.schema import Document, checked
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.events import Event, Receipt
from modelkeep.kernel.identity import Actor, PrincipalId


@dataclass(frozen=True, slots=True)
class Card:
    """A revision of a version's card; `digest` is `sha256:…` of the document in canonical JSON (RFC 8785).

    Revisions count from 1, and are never changed or deleted. `entry` is the audit entry of it, where it was asked for.
    """

    version_id: str
    document: Document
    revision: int
    digest: str
    since: datetime
    set_by: PrincipalId
    entry: Receipt | None = None

    def with_entry(self, entry: Receipt | None) -> Self:
        """Return it with the audit entry that made it so."""
        return replace(self, entry=entry)


@dataclass(frozen=True, slots=True)
class CardRevision:
    """A revision without its document, for lists."""

    version_id: str
    revision: int
    digest: str
    since: datetime
    set_by: PrincipalId
    entry: Receipt | None = None


def revise(subject: tuple[str, str], current: Card | None, document: Json, by: Actor, at: datetime) -> Card | None:
    """Return the next revision of the card of a version, or None where the document is the same.

    Args:
        subject: the version's id, and its reference.
        current: the card as it is.
        document: the card as it is to be.
        by: who changes it.
        at: now; the revision begins then, or just after the one before.

    Raises:
        InvalidCardError: the document is no card.
    """
    version_id, _ = subject
    digest = str(digest_json(kept := checked(document)))
    if current is None:
        return Card(version_id, kept, 1, digest, at, by.id)
    if current.digest == digest:
        return None
    since = max(at, current.since + timedelta(microseconds=1))
    return Card(version_id, kept, current.revision + 1, digest, since, by.id)


def card_revised(reference: str, before: Card | None, card: Card, by: Actor) -> Event:
    """Return the event of a new revision: which sections changed, never what they say."""
    old = before.document if before else {}
    names = sorted(old.keys() | card.document.keys())
    return Event(
        "cards.card_revised",
        reference,
        by,
        card.since,
        {
            "version_id": card.version_id,
            "revision": card.revision,
            "digest": card.digest,
            "sections": [name for name in names if old.get(name) != card.document.get(name)],
        },
        before=None if before is None else _facts(before),
        after=_facts(card),
    )


def _facts(card: Card) -> dict[str, str | int]:
    return {"version_id": card.version_id, "revision": card.revision, "digest": card.digest}


def check_seen(reference: str, current: Card | None, seen: int | None) -> None:
    """Refuse a change that is based on another revision than there is; 0 is no card, None is whatever there is.

    Raises:
        StaleRevisionError: somebody has changed the card.
    """
    revision = 0 if current is None else current.revision
    if seen not in (None, revision):
        raise StaleRevisionError(
            f"the card of {reference} is at revision {revision}, not {seen}: read it again and retry",
            reference=reference,
            revision=revision,
        )


def no_card(reference: str, what: str = "no card") -> CardNotFoundError:
    """Return the error for a version without a card, or without that revision."""
    return CardNotFoundError(
        f"{reference} has {what}; 'modelkeep card draft {reference} --save' begins one", reference=reference
    )
