"""Writes cards in other formats, reads them, and shows them as pages."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.cards.domain.cards import Card
from modelkeep.domains.cards.domain.schema import MAX_CARD_BYTES, ordered
from modelkeep.domains.cards.service.attachments import AttachmentService
from modelkeep.domains.cards.service.cards import CardService, ShownCard
from modelkeep.domains.cards.service.formats.cyclonedx import write_cyclonedx
from modelkeep.domains.cards.service.formats.html import card_html
from modelkeep.domains.cards.service.formats.huggingface import read_readme, write_readme
from modelkeep.domains.cards.service.formats.sagemaker import write_sagemaker
from modelkeep.domains.cards.service.formats.values import CardFormat, Exported, Subject
from modelkeep.domains.catalog import ModelVersion
from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry
from modelkeep.kernel.references import Reference
from modelkeep.platform.yaml_documents import read_yaml, write_yaml

READ: Final = (CardFormat.JSON, CardFormat.YAML, CardFormat.HUGGINGFACE)
"""The formats that cards can be read from."""


def _write_json(subject: Subject) -> str:
    return json.dumps(ordered(subject.card), indent=2, ensure_ascii=False) + "\n"


def _write_yaml(subject: Subject) -> str:
    return write_yaml(ordered(subject.card))


_WRITERS: Final[Mapping[CardFormat, tuple[str, str, Callable[[Subject], str]]]] = {
    CardFormat.JSON: ("application/json", "card.json", _write_json),
    CardFormat.YAML: ("application/yaml", "card.yaml", _write_yaml),
    CardFormat.HUGGINGFACE: ("text/markdown", "README.md", write_readme),
    CardFormat.SAGEMAKER: ("application/json", "sagemaker-model-card.json", write_sagemaker),
    CardFormat.CYCLONEDX: ("application/vnd.cyclonedx+json; version=1.6", "ml-bom.cdx.json", write_cyclonedx),
}


@dataclass(frozen=True, slots=True)
class ExchangeService:
    """Cards in the formats of others."""

    cards: CardService
    attachments: AttachmentService
    artifacts: ArtifactService

    def export(self, actor: Actor, reference: Reference, into: CardFormat) -> Exported:
        """Return the card of a version in another format, and what it loses there."""
        shown = self.cards.get(actor, reference)
        card, version = shown.card, shown.version
        subject = Subject(
            version=version,
            card=card.document,
            digest=card.digest,
            since=timestamp(card.since),
            files=lambda: tuple(self.artifacts.files(version.manifest_digest).values()),
        )
        media_type, file_name, write = _WRITERS[into]
        content = write(subject)
        return Exported(into, media_type, file_name, content, tuple(subject.losses))

    def read(
        self, actor: Actor, reference: Reference, of: CardFormat, content: str, *, seen: int | None
    ) -> tuple[Recorded[ShownCard], tuple[str, ...]]:
        """Make what a document in another format says the card of a version; return what is to be said about it.

        Raises:
            InvalidValueError: cards are not read from that format.
            InvalidJsonError, InvalidYamlError, UnreadableCardError: the document cannot be read.
            InvalidCardError: what it says is no card.
            StaleRevisionError: somebody has changed the card.
        """
        document, notes = _read(of, content)
        return self.cards.edit(actor, reference, document, seen=seen), notes

    def page(self, actor: Actor, reference: Reference, picture_root: str) -> str:
        """Return the card of a version as a page of HTML; pictures are below `picture_root`, under their names."""
        shown = self.cards.get(actor, reference)
        names = self.attachments.names(actor, reference)

        def picture(digest: str) -> str | None:
            name = names.get(digest)
            return None if name is None else f"{picture_root}{quote(name, safe='')}"

        return card_html(shown.card.document, f"{shown.version.reference}, revision {shown.card.revision}", picture)


def ml_bom(version: ModelVersion, card: Card, files: tuple[FileEntry, ...]) -> str:
    """Return the bill of materials of a version (CycloneDX 1.6), for a domain that has read all of it."""
    return write_cyclonedx(Subject(version, card.document, card.digest, timestamp(card.since), lambda: files))


def _read(of: CardFormat, content: str) -> tuple[Json, tuple[str, ...]]:
    if of is CardFormat.JSON:
        return parse_json(content.encode("utf-8", "surrogatepass"), max_bytes=2 * MAX_CARD_BYTES), ()
    if of is CardFormat.YAML:
        return read_yaml(content, max_chars=2 * MAX_CARD_BYTES).value, ()
    if of is CardFormat.HUGGINGFACE:
        return read_readme(content)
    raise InvalidValueError(f"cards are not read from {of.value}; they are from {', '.join(READ)}")
