"""Model cards: what people should know of a version, revision by revision, and how complete it is."""

from modelkeep.domains.cards.domain.attachments import MAX_ATTACHMENT, MEDIA_TYPES, Attachment, NewAttachment
from modelkeep.domains.cards.domain.cards import Card, CardRevision
from modelkeep.domains.cards.domain.diffs import Change
from modelkeep.domains.cards.domain.extra_schemas import ExtraSchema
from modelkeep.domains.cards.domain.frameworks import Clause, ClauseScore, Framework, Score, score
from modelkeep.domains.cards.domain.paths import written
from modelkeep.domains.cards.domain.schema import Problem, card_schema
from modelkeep.domains.cards.operations import (
    attachments_of,
    card_state,
    current_card,
    current_cards,
    forget_attachments,
)
from modelkeep.domains.cards.service import (
    PAGE_POLICY,
    AttachmentService,
    CardFormat,
    CardService,
    CardServices,
    Comparison,
    Draft,
    ExchangeService,
    Exported,
    ExtraSchemaService,
    InspectedContent,
    Loss,
    OpenAttachment,
    Rating,
    ShownCard,
    card_html,
    load_frameworks,
    ml_bom,
    safe_markdown,
)

__all__ = [
    "MAX_ATTACHMENT",
    "MEDIA_TYPES",
    "PAGE_POLICY",
    "Attachment",
    "AttachmentService",
    "Card",
    "CardFormat",
    "CardRevision",
    "CardService",
    "CardServices",
    "Change",
    "Clause",
    "ClauseScore",
    "Comparison",
    "Draft",
    "ExchangeService",
    "Exported",
    "ExtraSchema",
    "ExtraSchemaService",
    "Framework",
    "InspectedContent",
    "Loss",
    "NewAttachment",
    "OpenAttachment",
    "Problem",
    "Rating",
    "Score",
    "ShownCard",
    "attachments_of",
    "card_html",
    "card_schema",
    "card_state",
    "current_card",
    "current_cards",
    "forget_attachments",
    "load_frameworks",
    "ml_bom",
    "safe_markdown",
    "score",
    "written",
]
