"""Loads and stores cards. SQL of cards lives here and nowhere else."""

from modelkeep.domains.cards.repository.attachments import AttachmentRepository
from modelkeep.domains.cards.repository.cards import CardRepository
from modelkeep.domains.cards.repository.extra_schemas import ExtraSchemaRepository

__all__ = ["AttachmentRepository", "CardRepository", "ExtraSchemaRepository"]
