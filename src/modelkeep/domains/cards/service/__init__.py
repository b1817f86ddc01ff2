"""Use cases of cards. Every facade calls these, and only these."""

from dataclasses import dataclass

from modelkeep.domains.cards.service.attachments import AttachmentService, OpenAttachment
from modelkeep.domains.cards.service.cards import CardService, Comparison, Draft, Rating, ShownCard
from modelkeep.domains.cards.service.drafting import InspectedContent
from modelkeep.domains.cards.service.exchange import ExchangeService, ml_bom
from modelkeep.domains.cards.service.extra_schemas import ExtraSchemaService
from modelkeep.domains.cards.service.formats.html import PAGE_POLICY, card_html, safe_markdown
from modelkeep.domains.cards.service.formats.values import CardFormat, Exported, Loss
from modelkeep.domains.cards.service.frameworks import load_frameworks


@dataclass(frozen=True, slots=True)
class CardServices:
    """What there is to do with cards."""

    cards: CardService
    extra_schemas: ExtraSchemaService
    attachments: AttachmentService
    exchange: ExchangeService


__all__ = [
    "PAGE_POLICY",
    "AttachmentService",
    "CardFormat",
    "CardService",
    "CardServices",
    "Comparison",
    "Draft",
    "ExchangeService",
    "Exported",
    "ExtraSchemaService",
    "InspectedContent",
    "Loss",
    "OpenAttachment",
    "Rating",
    "ShownCard",
    "card_html",
    "load_frameworks",
    "ml_bom",
    "safe_markdown",
]
