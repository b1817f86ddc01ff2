"""Erasure and legal holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Author


@dataclass(frozen=True, slots=True)
class LegalHold:
    """What keeps everything about a scope from being erased or pruned; `released_at` is None while it holds."""

    id: str
    scope: str
    reason: str
    placed_at: datetime
    placed_by: Author
    released_at: datetime | None
    released_by: Author | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "LegalHold":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("scope"),
            answer.text("reason"),
            answer.time("placed_at"),
            Author.read(answer.find("placed_by")),
            answer.find_time("released_at"),
            Author.read(released_by) if (released_by := answer.find("released_by")) else None,
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Erased:
    """How many texts were erased."""

    texts: int
    document: Mapping[str, object] = field(repr=False, compare=False)


class PrivacyMethods(Connected):
    """What a registry object can do with what is personal in the audit log."""

    def erase_texts(
        self,
        *,
        reason: str,
        subject: str | None = None,
        within: str | None = None,
        principal: str | None = None,
        fields: Iterable[str] = (),
    ) -> Erased:
        """Erase what people typed from beside the audit log; entries and proofs stay.

        Args:
            reason: why; the log keeps it.
            subject: the texts of entries about exactly this.
            within: the texts of entries about a namespace or a model, and all in it.
            principal: the id of somebody whose name goes, with the texts of all entries they made. It is disabled.
            fields: the names of the texts, such as `message`; none means all.

        Raises:
            BlockedError: a legal hold keeps some of it.
            InvalidRequestError: not exactly one of `subject`, `within` and `principal` is given.
        """
        body = {
            "reason": reason,
            "subject": subject,
            "within": within,
            "principal": principal,
            "fields": list(fields),
        }
        answer = self._session.answer(Call("POST", "/audit/erasures", body=body))
        return Erased(answer.integer("texts"), answer.document)

    def list_holds(self) -> Listing[LegalHold]:
        """Yield legal holds, the newest first, released ones included; pages are fetched as they are needed."""
        return self._pages("/audit/holds", LegalHold.read)

    def place_hold(self, scope: str, *, reason: str) -> LegalHold:
        """Keep everything about a scope from being erased or pruned: `*`, a namespace or `namespace/model`."""
        body = {"scope": scope, "reason": reason}
        return LegalHold.read(self._session.answer(Call("POST", "/audit/holds", body=body)))

    def release_hold(self, hold: str, *, reason: str) -> LegalHold:
        """End a legal hold, by its id.

        Raises:
            NotFoundError: there is none, or it was released.
        """
        path = route("audit", "holds", hold, "release")
        return LegalHold.read(self._session.answer(Call("POST", path, body={"reason": reason})))
