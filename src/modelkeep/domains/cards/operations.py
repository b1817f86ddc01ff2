"""What higher domains ask of cards in transactions of their own."""

from collections.abc import Collection, Mapping

from modelkeep.domains.audit import Erasure
from modelkeep.domains.cards.domain.attachments import MAX_ATTACHMENTS, Attachment
from modelkeep.domains.cards.domain.cards import Card, CardRevision
from modelkeep.domains.cards.repository import AttachmentRepository, CardRepository
from modelkeep.domains.cards.repository.erasure import erase_past
from modelkeep.kernel.paging import PageRequest
from modelkeep.platform.database import Transaction


def current_card(tx: Transaction, version_id: str) -> Card | None:
    """Return the card of a version as it is now, or None where it has none."""
    return CardRepository(tx).find(version_id)


def card_state(tx: Transaction, version_id: str) -> CardRevision | None:
    """Return which card a version has now, without reading the document; None where it has none."""
    return CardRepository(tx).find_state(version_id)


def current_cards(tx: Transaction, version_ids: Collection[str]) -> Mapping[str, Card]:
    """Return the cards of versions as they are now, by the version's id: one query for any number."""
    return CardRepository(tx).of_each(version_ids)


def attachments_of(tx: Transaction, version_id: str) -> tuple[Attachment, ...]:
    """Return what is attached to the card of a version now, by name."""
    return tuple(AttachmentRepository(tx).list(version_id, PageRequest(MAX_ATTACHMENTS)).items)


def forget_attachments(tx: Transaction, erasure: Erasure) -> int:
    """Erase what files were called that are attached no longer, as an erasure takes it from the audit log."""
    return erase_past(tx.session, erasure)
