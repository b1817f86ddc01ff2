"""What an export gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from modelkeep.domains.cards.domain.schema import Document
from modelkeep.domains.catalog import ModelVersion
from modelkeep.kernel.manifests import FileEntry


class CardFormat(StrEnum):
    """A format that cards are written in."""

    JSON = "json"
    YAML = "yaml"
    HUGGINGFACE = "huggingface"
    SAGEMAKER = "sagemaker"
    CYCLONEDX = "cyclonedx"


@dataclass(frozen=True, slots=True)
class Loss:
    """A part of a card that a format cannot hold, or holds in another form.

    `path` is its JSON path; of a text that was cut, that in what is written.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A card in another format, and what of it is lost there."""

    format: CardFormat
    media_type: str
    file_name: str
    content: str
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported: a version, its card, when that was made, and the files of the version."""

    version: ModelVersion
    card: Document
    digest: str
    since: str
    files: Callable[[], tuple[FileEntry, ...]]
    losses: list[Loss] = field(default_factory=list)

    def lose(self, path: str, reason: str) -> None:
        """Note that something is lost."""
        self.losses.append(Loss(path, reason))
