"""Login providers, publishers, and tokens as they are issued: on the wire."""

from typing import Any, Self

from pydantic import Field, JsonValue

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.access import (
    DEFAULT_ALGORITHMS,
    DEFAULT_SCOPES,
    BegunDevice,
    IssuedToken,
    MintedToken,
    NewPublisher,
    ProviderDetails,
    Publisher,
    PublisherKind,
    Scope,
    ShownProvider,
    default_issuer,
    read_conditions,
    shown_code,
)
from modelkeep.kernel.events import Receipt


class LoginProviderDetailsIn(In):
    """What an administrator decides of a login provider."""

    issuer: str = Field(examples=["https://login.example.org"], description="Exactly as the provider names itself")
    client_id: str = Field(examples=["modelkeep"])
    title: str = ""
    algorithms: list[str] = Field(default_factory=lambda: list(DEFAULT_ALGORITHMS))
    scopes: list[str] = Field(default_factory=lambda: list(DEFAULT_SCOPES))
    groups_claim: str = ""
    groups: dict[str, str] = Field(
        default_factory=dict,
        description="A value of the claim, and the name of a group here",
        examples=[{"risk-team": "risk"}],
    )
    link_by_email: bool = False

    def details(self) -> ProviderDetails:
        """Return what the use case takes."""
        return ProviderDetails(
            issuer=self.issuer,
            client_id=self.client_id,
            title=self.title,
            algorithms=tuple(self.algorithms),
            scopes=tuple(self.scopes),
            groups_claim=self.groups_claim,
            groups=self.groups,
            link_by_email=self.link_by_email,
        )


class LoginProviderIn(LoginProviderDetailsIn):
    """A login provider to add."""

    name: str = Field(examples=["corporate"], description="Part of its addresses here")


class LoginProviderOut(Out):
    """A login provider. `callback` is the address to register at the provider."""

    name: str
    title: str
    issuer: str
    client_id: str
    algorithms: list[str]
    scopes: list[str]
    groups_claim: str
    groups: dict[str, str]
    link_by_email: bool
    has_secret: bool
    callback: str
    changed_at: Timestamp
    changed_by: PrincipalOut
    revision: int
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, shown: ShownProvider, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a provider."""
        provider, details = shown.provider, shown.provider.details
        return cls(
            name=provider.name,
            title=details.title,
            issuer=details.issuer,
            client_id=details.client_id,
            algorithms=list(details.algorithms),
            scopes=list(details.scopes),
            groups_claim=details.groups_claim,
            groups=dict(shown.groups),
            link_by_email=details.link_by_email,
            has_secret=shown.has_secret,
            callback=shown.callback,
            changed_at=provider.changed_at,
            changed_by=PrincipalOut.of(provider.changed_by, names),
            revision=provider.revision,
            audit=ReceiptOut.of(receipt),
        )


class LoginOfferOut(Out):
    """A provider that people can log in with."""

    name: str
    title: str


class LoginOffersOut(Out):
    """The providers that people can log in with; there are few."""

    items: list[LoginOfferOut]


class PublisherIn(In):
    """CI jobs to trust, and what for."""

    name: str = Field(examples=["scorer-ci"])
    kind: PublisherKind
    issuer: str | None = Field(default=None, description="Left out, that of the kind's public service")
    conditions: dict[str, JsonValue] = Field(
        examples=[{"repository": "octo-org/scorer", "owner_id": "9919", "workflow": "release.yml"}]
    )
    role: str = "contributor"
    scopes: list[str] = Field(examples=[["fraud/scorer"]])

    def value(self) -> NewPublisher:
        """Return what the use case takes."""
        issuer = self.issuer or default_issuer(self.kind)
        return NewPublisher(
            name=self.name,
            issuer=issuer,
            conditions=read_conditions(self.kind, issuer, self.conditions),
            role=self.role,
            scopes=tuple(map(Scope.parse, self.scopes)),
        )


class PublisherOut(Out):
    """CI jobs that are trusted, and what for."""

    id: str
    name: str
    kind: PublisherKind
    issuer: str
    conditions: dict[str, Any]
    role: str
    scopes: list[str]
    principal: PrincipalOut
    created_at: Timestamp
    created_by: PrincipalOut
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, publisher: Publisher, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a publisher."""
        return cls(
            id=publisher.id,
            name=publisher.name,
            kind=publisher.conditions.kind,
            issuer=publisher.issuer,
            conditions=dict(publisher.conditions.to_json()),
            role=publisher.role,
            scopes=[str(scope) for scope in publisher.scopes],
            principal=PrincipalOut.of(publisher.principal_id, names),
            created_at=publisher.created_at,
            created_by=PrincipalOut.of(publisher.created_by, names),
            audit=ReceiptOut.of(receipt),
        )


class IssuedTokenOut(Out):
    """A token: the only time that its secret can be read."""

    token: str
    token_id: str
    expires_at: Timestamp

    @classmethod
    def of(cls, issued: IssuedToken) -> Self:
        """Present a token."""
        return cls(token=issued.secret, token_id=issued.token.id, expires_at=issued.token.expires_at)


class AudienceOut(Out):
    """What an identity token of a CI job must be made for."""

    audience: str


class MintIn(In):
    """The identity token of a CI job."""

    identity_token: str
    publisher: str | None = Field(default=None, description="Which publisher, where a job is that of several")


class MintedTokenOut(Out):
    """A token of a CI job: good for a quarter of an hour, for what its publisher may do."""

    token: str
    token_id: str
    expires_at: Timestamp
    publisher: str
    role: str
    scopes: list[str]

    @classmethod
    def of(cls, minted: MintedToken) -> Self:
        """Present a token."""
        publisher, issued = minted.publisher, minted.issued
        return cls(
            token=issued.secret,
            token_id=issued.token.id,
            expires_at=issued.token.expires_at,
            publisher=publisher.name,
            role=publisher.role,
            scopes=[str(scope) for scope in publisher.scopes],
        )


class DeviceLoginIn(In):
    """A command line that wants a token; the label is what the approving page calls it."""

    label: str = Field(examples=["ana@laptop"])


class DeviceLoginOut(Out):
    """What a command line shows, and how often it may ask; `interval` is in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_at: Timestamp
    interval: int

    @classmethod
    def of(cls, begun: BegunDevice) -> Self:
        """Present a login."""
        return cls(
            device_code=begun.device_code,
            user_code=shown_code(begun.login.user_code),
            verification_uri=begun.page,
            verification_uri_complete=f"{begun.page}?user_code={shown_code(begun.login.user_code)}",
            expires_at=begun.login.expires_at,
            interval=begun.login.interval,
        )


class DeviceTokenIn(In):
    """The command line's own code."""

    device_code: str


class LoginCodeIn(In):
    """A code that the browser has brought to the command line, and its PKCE verifier."""

    code: str
    code_verifier: str
