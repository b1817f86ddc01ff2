"""What higher domains ask of cards in transactions of their own."""

from collections.abc import Collection, Mapping

from modelkeep.domains.cards.domain.cards import Card, CardRevision
from modelkeep.domains.cards.repository import CardRepository
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
