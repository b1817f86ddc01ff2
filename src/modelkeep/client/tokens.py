"""Tokens: made, listed, revoked, and reported when they have leaked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict, Unpack, cast

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the registry knows it: without its secret, but `secret` of one that was just made."""

    id: str
    name: str
    kind: str
    principal: Author
    last_four: str
    permissions: tuple[str, ...]
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    secret: str | None = field(repr=False)
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Token":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            name=answer.text("name"),
            kind=answer.text("kind"),
            principal=Author.read(answer.find("principal")),
            last_four=answer.text("last_four"),
            permissions=answer.texts("permissions"),
            scopes=answer.texts("scopes"),
            networks=answer.texts("networks"),
            created_at=answer.time("created_at"),
            expires_at=answer.time("expires_at"),
            revoked_at=answer.find_time("revoked_at"),
            last_used_at=answer.find_time("last_used_at"),
            secret=answer.find_text("token"),
            document=answer.document,
        )


class TokenLimits(TypedDict, total=False):
    """How a new token is limited; what is left out is limited as the caller's own token is."""

    days: int
    permissions: Sequence[str]
    scopes: Sequence[str]
    networks: Sequence[str]
    principal: str


class TokenMethods(Connected):
    """What a registry object can do with tokens."""

    def create_token(self, name: str = "", **limits: Unpack[TokenLimits]) -> Token:
        """Make a token for the caller, or for the service account `principal`; its `secret` is shown only now.

        Raises:
            ForbiddenError: it would reach further than the caller's own token, or that may not make others.
            InvalidRequestError: a limit is none.
        """
        body = {"name": name, **cast("dict[str, Json]", limits)}
        return Token.read(self._session.answer(Call("POST", "/tokens", body=body)))

    def list_tokens(self, *, principal: str | None = None) -> Listing[Token]:
        """Yield the tokens that still open something, the newest first: the caller's, or a service account's."""
        return self._pages("/tokens", Token.read, principal=principal)

    def get_token(self, token_id: str) -> Token:
        """Return one token.

        Raises:
            NotFoundError: the caller has none of that id, and looks after nobody who has.
        """
        return Token.read(self._session.get(route("tokens", token_id)))

    def revoke_token(self, token_id: str) -> Token:
        """End a token, and all that were made with it.

        Raises:
            NotFoundError: the caller has none of that id, and looks after nobody who has.
        """
        return Token.read(self._session.answer(Call("DELETE", route("tokens", token_id))))

    def report_leaked_token(self, secret: str) -> bool:
        """End a token that was found where it should not be; return whether it opened anything until now."""
        answer = self._session.answer(Call("POST", route("tokens", "report-leak"), body={"token": secret}))
        return bool(answer.flag("revoked"))
