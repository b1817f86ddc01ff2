"""Use cases of cards. Every facade calls these, and only these."""

from dataclasses import dataclass

from modelkeep.domains.cards.service.attachments import AttachmentService, OpenAttachment
from modelkeep.domains.cards.service.cards import CardService, Comparison, Draft, ShownCard
from modelkeep.domains.cards.service.frameworks import load_frameworks


@dataclass(frozen=True, slots=True)
class CardServices:
    """What there is to do with cards."""

    cards: CardService
    attachments: AttachmentService


__all__ = [
    "AttachmentService",
    "CardService",
    "CardServices",
    "Comparison",
    "Draft",
    "OpenAttachment",
    "ShownCard",
    "load_frameworks",
]
