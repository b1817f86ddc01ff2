"""Tokens on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.access import IssuedToken, NewToken, Reach, Token
from modelkeep.kernel.events import Receipt
from modelkeep.kernel.identity import PrincipalId


class TokenIn(In):
    """A token to make; what is left out is limited as the token is that this request comes with."""

    name: str = Field(default="", description="What its owner calls it", examples=["laptop"])
    days: int | None = Field(default=None, description="How long it lasts, 1 to 366; 90 if nothing is said")
    permissions: list[str] = Field(default_factory=list, description="None is all", examples=[["model.read"]])
    scopes: list[str] = Field(default_factory=list, description="None is the whole registry", examples=[["fraud"]])
    networks: list[str] = Field(
        default_factory=list, description="Where requests may come from; none is anywhere", examples=[["10.0.0.0/8"]]
    )
    principal: str | None = Field(default=None, description="The id of a service account that is the caller's")

    def value(self) -> NewToken:
        """Return what the use case takes."""
        return NewToken(
            Reach.parse(self.permissions, self.scopes, self.networks),
            self.name,
            self.days,
            None if self.principal is None else PrincipalId(self.principal),
        )


class TokenOut(Out):
    """A token, without its secret."""

    id: str
    name: str
    kind: str
    principal: PrincipalOut
    last_four: str
    permissions: list[str]
    scopes: list[str]
    networks: list[str]
    created_at: Timestamp
    created_by: PrincipalOut | None
    expires_at: Timestamp
    revoked_at: Timestamp | None
    parent_id: str | None
    last_used_at: Timestamp | None = None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, token: Token, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a token."""
        return cls(
            id=token.id,
            name=token.name,
            kind=token.kind.word,
            principal=PrincipalOut.of(token.principal_id, names),
            last_four=token.last_four,
            permissions=sorted(token.permissions),
            scopes=sorted(token.scopes),
            networks=list(token.networks),
            created_at=token.created_at,
            created_by=None if token.created_by is None else PrincipalOut.of(token.created_by, names),
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            parent_id=token.parent_id,
            last_used_at=token.last_used_at,
            audit=ReceiptOut.of(receipt),
        )


class NewTokenOut(TokenOut):
    """A new token, with its secret: it is shown now, and never again."""

    token: str

    @classmethod
    def of_issued(cls, issued: IssuedToken, names: Names, receipt: Receipt | None) -> Self:
        """Present a token that was just made."""
        shown = TokenOut.of(issued.token, names, receipt)
        return cls(token=issued.secret, **dict(shown))


class LeakIn(In):
    """A token that somebody has found where it should not be."""

    token: str


class LeakOut(Out):
    """Whether it opened anything until now."""

    revoked: bool
