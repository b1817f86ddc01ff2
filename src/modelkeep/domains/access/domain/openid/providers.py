"""Providers that people log in with: what an administrator decides of each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self
from urllib.parse import urlsplit

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError, StaleRevisionError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

DEFAULT_ALGORITHMS: Final = ("RS256", "ES256")
DEFAULT_SCOPES: Final = ("openid", "profile", "email")
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
MAX_TEXT: Final = 200
MAX_GROUPS: Final = 500
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")


class LoginProviderSettingError(InvalidValueError):
    """A setting of a login provider is not of its form."""

    code = "access.login_provider_setting"


class LoginProviderNotFoundError(RegistryError):
    """There is no login provider of that name."""

    kind = Kind.NOT_FOUND
    code = "access.login_provider_not_found"


class LoginProviderExistsError(RegistryError):
    """A login provider of that name is there already."""

    kind = Kind.ALREADY_EXISTS
    code = "access.login_provider_exists"


@dataclass(frozen=True, slots=True)
class ProviderDetails:
    """What an administrator decides. The client's secret is not among it: it stays in the server's environment.

    `issuer` is written exactly as the provider names itself. `groups` maps a value of the claim `groups_claim` to the
    id of a group here. `link_by_email` lets a new identity become the user who has the same verified e-mail with
    another provider that links as well.
    """

    issuer: str
    client_id: str
    title: str = ""
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    groups_claim: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    link_by_email: bool = False

    def __post_init__(self) -> None:
        """Check the form of each part."""
        check_issuer_address(self.issuer)
        for name, value, least in (("client_id", self.client_id, 1), ("title", self.title, 0)):
            if not least <= len(value) <= MAX_TEXT or not value.isprintable():
                raise LoginProviderSettingError(f"{name} needs {least} to {MAX_TEXT} printable characters", field=name)
        if not self.algorithms or not ALGORITHMS.issuperset(self.algorithms):
            raise LoginProviderSettingError(
                f"algorithms are some of {', '.join(sorted(ALGORITHMS))}", field="algorithms"
            )
        if "openid" not in self.scopes or not all(_SCOPE.fullmatch(scope) for scope in self.scopes):
            raise LoginProviderSettingError("scopes must hold openid, and have no spaces in them", field="scopes")
        if self.groups and not self.groups_claim:
            raise LoginProviderSettingError(
                "name the claim that holds the groups, such as groups", field="groups_claim"
            )
        if len(self.groups) > MAX_GROUPS:
            raise LoginProviderSettingError(f"at most {MAX_GROUPS} groups can be mapped", field="groups")


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """A provider under the name that its addresses here carry."""

    name: str
    details: ProviderDetails
    created_at: datetime
    created_by: PrincipalId
    changed_at: datetime
    changed_by: PrincipalId
    revision: int = 1

    @property
    def facts(self) -> dict[str, Json]:
        """What the audit log says of it."""
        return {
            "issuer": self.details.issuer,
            "client_id": self.details.client_id,
            "algorithms": list(self.details.algorithms),
            "scopes": list(self.details.scopes),
            "groups_claim": self.details.groups_claim,
            "groups": dict(self.details.groups),
            "link_by_email": self.details.link_by_email,
        }

    def check_seen(self, seen: int | None) -> None:
        """Raise StaleRevisionError unless the caller knows the newest revision, or does not care."""
        if seen not in (None, self.revision):
            raise StaleRevisionError(f"login provider {self.name} has changed meanwhile; read it again and retry")

    def created(self, by: Actor) -> Event:
        """Return the event of its creation."""
        data: dict[str, Json] = {"issuer": self.details.issuer, "revision": self.revision}
        return Event("access.login_provider_created", self.name, by, self.created_at, data, after=self.facts)

    def change(self, details: ProviderDetails, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Replace what was decided. Identities belong to an issuer, so another issuer makes other people."""
        changed = replace(self, details=details, changed_at=at, changed_by=by.id, revision=self.revision + 1)
        data: dict[str, Json] = {"issuer": details.issuer, "revision": changed.revision}
        event = Event("access.login_provider_updated", self.name, by, at, data, before=self.facts, after=changed.facts)
        return changed, event

    def deleted(self, by: Actor, at: datetime) -> Event:
        """Return the event of its deletion."""
        data = {"issuer": self.details.issuer}
        return Event("access.login_provider_deleted", self.name, by, at, data, before=self.facts)


def new_provider(name: str, details: ProviderDetails, by: Actor, at: datetime) -> LoginProvider:
    """Return a new provider.

    Raises:
        LoginProviderSettingError: the name cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise LoginProviderSettingError(
            "the name of a login provider has 1 to 40 lower-case letters, digits and hyphens", field="name"
        )
    return LoginProvider(name, details, at, by.id, at, by.id)


def check_issuer_address(issuer: str) -> None:
    """Refuse what can be no issuer (OpenID Connect Discovery 1.0, section 3): an address without query or fragment."""
    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or "@" in issuer:
        raise LoginProviderSettingError(
            "issuer is the address of the provider as it names itself, such as https://login.example.org",
            field="issuer",
        )
