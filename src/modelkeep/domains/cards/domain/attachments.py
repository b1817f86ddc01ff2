"""Files that belong to a card: which are taken, and what is kept of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.cards.domain.errors import AttachmentNotFoundError, InvalidAttachmentError
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event, Receipt
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.manifests import FileEntry

MAX_ATTACHMENT: Final = 20 * 1024 * 1024
"""The greatest attachment, in bytes."""

MAX_ATTACHMENTS: Final = 200
"""How many a version has at a time."""

MAX_NAME: Final = 255
MAX_ALT: Final = 2_000

PDF: Final = "application/pdf"
_PATH: Final = "attachment"
_MODE: Final = 0o644
_BEGINNINGS: Final[Mapping[str, tuple[bytes, ...]]] = {
    PDF: (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
_WEBP: Final = slice(8, 12)

MEDIA_TYPES: Final = tuple(_BEGINNINGS)
"""What can be attached: what a browser shows without running anything. SVG and HTML are programs."""


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file that is to be attached; `alt` says what a picture shows."""

    name: str
    media_type: str
    data: bytes
    alt: str = ""

    def checked(self) -> "NewAttachment":
        """Return it, or refuse it.

        Raises:
            InvalidAttachmentError: its type is none of those, its bytes are of another type, it is empty or too large,
                its name is not one, or it is a picture without a text.
        """
        check_name(self.name)
        beginnings = _BEGINNINGS.get(self.media_type)
        if beginnings is None:
            raise InvalidAttachmentError(
                f"{self.media_type[:80]!r} cannot be attached; these can: {', '.join(MEDIA_TYPES)}. SVG and HTML are "
                "programs: send a picture of them",
                media_types=list(MEDIA_TYPES),
            )
        if not 0 < len(self.data) <= MAX_ATTACHMENT:
            raise InvalidAttachmentError(
                f"the file has {len(self.data)} bytes; an attachment has 1 to {MAX_ATTACHMENT}", limit=MAX_ATTACHMENT
            )
        webp = self.media_type != "image/webp" or self.data[_WEBP] == b"WEBP"
        if not (self.data.startswith(beginnings) and webp):
            raise InvalidAttachmentError(f"the bytes are not {self.media_type}; name the type that they have")
        self._check_alt()
        return self

    def _check_alt(self) -> None:
        if self.media_type != PDF and not self.alt.strip():
            raise InvalidAttachmentError("a picture needs 'alt': what it shows, for who does not see it")
        if len(self.alt) > MAX_ALT or "\0" in self.alt or not _well_formed(self.alt):
            raise InvalidAttachmentError(f"'alt' has at most {MAX_ALT} characters of well-formed text, without NUL")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a version's card from one moment to another; `until` is None for now."""

    version_id: str
    name: str
    media_type: str
    size: int
    digest: Digest
    alt: str
    since: datetime
    set_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None
    entry: Receipt | None = None

    @property
    def file(self) -> FileEntry:
        """It as the file of an artifact, which never changes: the name, which can be erased, is not in it."""
        return FileEntry(_PATH, self.size, self.digest, self.media_type, _MODE)


def check_name(name: str) -> str:
    """Return the name of an attachment: one segment of a path, 1 to 255 printable characters.

    Raises:
        InvalidAttachmentError: it is none.
    """
    plain = name.isprintable() and name == name.strip() and not name.startswith(".") and not set(name) & set('/\\"')
    if not (0 < len(name) <= MAX_NAME and plain):
        raise InvalidAttachmentError(
            f"{name[:80]!r} is no name of an attachment: 1 to {MAX_NAME} printable characters, no slash or quote, no "
            "dot in front"
        )
    return name


def attachment_added(reference: str, attachment: Attachment, by: Actor) -> Event:
    """Return the event of an attachment that begins."""
    return Event("cards.attachment_added", reference, by, attachment.since, _data(attachment), _texts(attachment))


def attachment_removed(reference: str, attachment: Attachment, by: Actor, at: datetime) -> Event:
    """Return the event of an attachment that ends."""
    return Event("cards.attachment_removed", reference, by, at, _data(attachment), _texts(attachment))


def _data(attachment: Attachment) -> dict[str, str | int]:
    return {
        "version_id": attachment.version_id,
        "digest": str(attachment.digest),
        "size": attachment.size,
        "media_type": attachment.media_type,
    }


def _texts(attachment: Attachment) -> dict[str, str]:
    return {"name": attachment.name, "alt": attachment.alt}


def no_attachment(reference: str, name: str) -> AttachmentNotFoundError:
    """Return the error for a name under which nothing is attached."""
    return AttachmentNotFoundError(
        f"{reference} has no attachment {name[:80]!r}; 'modelkeep card attachments {reference}' lists them",
        reference=reference,
    )


def _well_formed(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
