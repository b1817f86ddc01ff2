"""Model cards: what people should know of a version."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Final, cast

from modelkeep.client.answers import read_answer
from modelkeep.client.card_values import (
    Attachment,
    Card,
    CardComparison,
    CardDraft,
    CardExport,
    CardRating,
    CardRevision,
    ExtraSchema,
)
from modelkeep.client.connection import Connected, Moment, moment, reference_at
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.kernel.canonical_json import Json

_TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""What can be attached, by the end of a file's name."""


class CardMethods(Connected):
    """What a registry object can do with model cards."""

    def get_card(self, reference: str, *, as_of: Moment | None = None) -> Card:
        """Return the card of a version, now or as it was.

        Raises:
            NotFoundError: it has, or had, none.
        """
        path, at = self._card_path(reference, as_of)
        return Card.read(self._session.get(path, as_of=at))

    def edit_card(self, reference: str, content: Mapping[str, object], *, revision: int | None = None) -> Card:
        """Make a document the card of a version.

        Raises:
            InvalidRequestError: it is no card; the details list where and what to do.
            ConflictError: somebody has changed the card since `revision`; 0 is no card.
        """
        return self._change("PUT", reference, revision, {"document": cast("Json", content)})

    def patch_card(self, reference: str, patch: Mapping[str, object], *, revision: int | None = None) -> Card:
        """Change a part of a card by a merge patch: None removes a field, a list replaces one.

        Raises:
            InvalidRequestError: what comes of it is no card.
            ConflictError: somebody has changed the card since `revision`.
        """
        return self._change("PATCH", reference, revision, {"patch": cast("Json", patch)})

    def import_card(self, reference: str, content: str, format: str, *, revision: int | None = None) -> Card:  # noqa: A002 - the API's name
        """Make a document in `json`, `yaml` or `huggingface` (a README) the card of a version.

        Raises:
            InvalidRequestError: it cannot be read, or what it says is no card.
            ConflictError: somebody has changed the card since `revision`.
        """
        path = f"{self._version_path(reference)}/card/import"
        call = Call("PUT", path, headers=if_match(revision), body={"format": format, "content": content})
        return Card.read(self._session.answer(call))

    def export_card(self, reference: str, format: str = "json", *, as_of: Moment | None = None) -> CardExport:  # noqa: A002 - the API's name
        """Return a card as `json`, `yaml`, `huggingface`, `sagemaker` or `cyclonedx`, with what is lost."""
        path, at = self._card_path(reference, as_of)
        return CardExport.read(self._session.get(f"{path}/export", format=format, as_of=at))

    def draft_card(self, reference: str) -> CardDraft:
        """Return a card of what the registry knows; what people wrote stays, and nothing is saved."""
        return CardDraft.read(self._session.get(f"{self._version_path(reference)}/card/draft"))

    def card_history(self, reference: str, *, as_of: Moment | None = None) -> Listing[CardRevision]:
        """Yield the revisions of a card, the newest first."""
        path, at = self._card_path(reference, as_of)
        return self._pages(f"{path}/history", CardRevision.read, as_of=at)

    def compare_cards(
        self, reference: str, *, before: int | None = None, after: int | None = None, against: str | None = None
    ) -> CardComparison:
        """Return what changed between two revisions of a card, or from the card of the version `against`.

        By default from the revision before the last one to that.
        """
        path = f"{self._version_path(reference)}/card/diff"
        return CardComparison.read(self._session.get(path, before=before, after=after, against=against))

    def score_card(self, reference: str, *, framework: str | None = None, as_of: Moment | None = None) -> CardRating:
        """Return how complete a card is by a framework, or by each that the registry has."""
        path, at = self._card_path(reference, as_of)
        return CardRating.read(self._session.get(f"{path}/score", framework=framework, as_of=at))

    def get_extra_schema(self, namespace: str, *, as_of: Moment | None = None) -> ExtraSchema:
        """Return what a namespace asks of `extra` in its cards, now or as it was.

        Raises:
            NotFoundError: it asks, or asked, nothing.
        """
        return ExtraSchema.read(self._session.get(_schema_of(namespace), as_of=moment(as_of)))

    def set_extra_schema(
        self, namespace: str, schema: Mapping[str, object], *, revision: int | None = None
    ) -> ExtraSchema:
        """Ask what a JSON Schema says of `extra` in each card that is changed from now on.

        Raises:
            InvalidRequestError: it is no schema, too large, or refers to what is elsewhere.
            ConflictError: somebody has changed it since `revision`; 0 is nothing.
        """
        body = {"document": cast("Json", schema)}
        call = Call("PUT", _schema_of(namespace), headers=if_match(revision), body=body)
        return ExtraSchema.read(self._session.answer(call))

    def remove_extra_schema(self, namespace: str, *, revision: int | None = None) -> ExtraSchema:
        """Ask nothing of `extra` any more.

        Raises:
            NotFoundError: nothing was asked.
            ConflictError: somebody has changed it since `revision`.
        """
        call = Call("DELETE", _schema_of(namespace), headers=if_match(revision))
        return ExtraSchema.read(self._session.answer(call))

    def attach_file(
        self, reference: str, path: str | PathLike[str], *, name: str | None = None, alt: str = ""
    ) -> Attachment:
        """Attach a PDF or a picture to the card of a version; `alt` says what a picture shows.

        Raises:
            InvalidRequestError: its type is not taken, or a picture has no text.
            AlreadyExistsError: the name is taken by another file.
        """
        file = Path(path)
        data = file.read_bytes()
        place = f"{self._version_path(reference)}/card" + route("attachments", name or file.name)
        headers = {
            "Content-Type": _TYPES.get(file.suffix.lower(), "application/octet-stream"),
            "Content-Length": str(len(data)),
        }
        call = Call("PUT", place, {"alt": alt or None}, headers, content=lambda: (data,))
        return Attachment.read(read_answer(self._session.send(call)))

    def list_attachments(self, reference: str, *, as_of: Moment | None = None) -> Listing[Attachment]:
        """Yield the attachments of a card, by name."""
        path, at = self._card_path(reference, as_of)
        return self._pages(f"{path}/attachments", Attachment.read, as_of=at)

    def get_attachment(self, reference: str, name: str, *, as_of: Moment | None = None) -> bytes:
        """Return the bytes of an attachment."""
        path, at = self._card_path(reference, as_of)
        return self._session.send(Call("GET", path + route("attachments", name), {"as_of": at})).content

    def remove_attachment(self, reference: str, name: str) -> Attachment:
        """Take an attachment from a card; it can still be read as of a time before."""
        place = f"{self._version_path(reference)}/card" + route("attachments", name)
        return Attachment.read(self._session.answer(Call("DELETE", place)))

    def _card_path(self, reference: str, as_of: Moment | None) -> tuple[str, str | None]:
        asked = reference_at(reference, as_of)
        return f"{self._version_path(str(asked))}/card", moment(asked.as_of)

    def _change(self, method: str, reference: str, revision: int | None, body: Mapping[str, Json]) -> Card:
        path = f"{self._version_path(reference)}/card"
        return Card.read(self._session.answer(Call(method, path, headers=if_match(revision), body=body)))


def _schema_of(namespace: str) -> str:
    return route("namespaces", namespace, "card-schema")
