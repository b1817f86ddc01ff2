"""The providers that people log in with: who administers them, and what they are offered as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from modelkeep.domains.access.domain.openid.providers import (
    LoginProvider,
    LoginProviderSettingError,
    ProviderDetails,
    new_provider,
)
from modelkeep.domains.access.domain.permissions import ADMIN, ROLES, Permission
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.repository import BindingRepository, LoginProviderRepository
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds, check_holds_all
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.outbound_http import OutboundHttp

Secrets = Callable[[str], str | None]
"""Returns the client secret for the provider of a name, from the server's own environment."""


@dataclass(frozen=True, slots=True)
class ShownProvider:
    """A provider as it is shown: its groups by name, and whether this server has a secret for it."""

    provider: LoginProvider
    groups: Mapping[str, str]
    has_secret: bool
    callback: str
    """The address to register at the provider."""


@dataclass(frozen=True, slots=True)
class LoginProviderService:
    """Login providers."""

    database: Database
    access: AccessService
    http: OutboundHttp
    clock: Clock
    secrets: Secrets = field(repr=False)
    callbacks: str

    def create(self, actor: Actor, name: str, details: ProviderDetails) -> Recorded[ShownProvider]:
        """Add a provider; `details.groups` names groups here, and is kept by their ids.

        Raises:
            LoginProviderSettingError: the name or a group is none.
            LoginProviderExistsError: it is there already.
            GrantExceedsError: a group that is mapped holds what the actor does not; or e-mails are to link users, or
                the server has a secret for the name, and the actor is no administrator.
            OutboundRefusedError: this server may not speak to the issuer's address.
        """
        require_recent_login(actor, self.clock())
        self._check_address(actor, details)
        with self.database.transaction() as tx:
            self._require(tx, actor, details)
            if details.link_by_email or self.secrets(name) is not None:
                self._require_administrator(tx, actor)
            provider = new_provider(name, _by_id(tx, details), actor, self.clock())
            LoginProviderRepository(tx).add(provider)
            tx.record(provider.created(actor))
        return Recorded(self._shown(provider, details.groups), tx.receipt)

    def get(self, actor: Actor, name: str) -> ShownProvider:
        """Return a provider."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
            provider = LoginProviderRepository(tx).get(name)
            return self._shown(provider, _by_name(tx, provider.details.groups))

    def list(self, actor: Actor, page: PageRequest) -> Page[ShownProvider]:
        """Return one page of providers, by name."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
            found = LoginProviderRepository(tx).list(page)
            mapped = {group: group for item in found.items for group in item.details.groups.values()}
            names = _by_name(tx, mapped)
        shown = (
            self._shown(item, {value: names[group] for value, group in item.details.groups.items() if group in names})
            for item in found.items
        )
        return Page(tuple(shown), found.next_token)

    def change(self, actor: Actor, name: str, details: ProviderDetails, *, seen: int | None) -> Recorded[ShownProvider]:
        """Replace what was decided of a provider last seen at revision `seen`.

        Raises:
            GrantExceedsError: a group that is mapped holds what the actor does not; or e-mails are to link users, or
                the issuer is another, and the actor is no administrator.
            OutboundRefusedError: this server may not speak to the issuer's address.
        """
        require_recent_login(actor, self.clock())
        self._check_address(actor, details)
        with self.database.transaction() as tx:
            self._require(tx, actor, details)
            providers = LoginProviderRepository(tx)
            provider = providers.get(name)
            provider.check_seen(seen)
            if details.link_by_email or details.issuer != provider.details.issuer:
                self._require_administrator(tx, actor)
            changed, event = provider.change(_by_id(tx, details), actor, self.clock())
            providers.save(changed)
            tx.record(event)
        return Recorded(self._shown(changed, details.groups), tx.receipt)

    def delete(self, actor: Actor, name: str, *, seen: int | None) -> Recorded[ShownProvider]:
        """Delete a provider; who has logged in with it stays a user."""
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
            providers = LoginProviderRepository(tx)
            provider = providers.get(name)
            provider.check_seen(seen)
            providers.remove(name)
            groups = _by_name(tx, provider.details.groups)
            tx.record(provider.deleted(actor, self.clock()))
        return Recorded(self._shown(provider, groups), tx.receipt)

    def offers(self) -> tuple[tuple[str, str], ...]:
        """Return name and title of every provider, for whoever wants to log in."""
        with self.database.snapshot() as tx:
            return LoginProviderRepository(tx).titles()

    def _check_address(self, actor: Actor, details: ProviderDetails) -> None:
        """Look the issuer up outside of any writing transaction, and only for those who may learn what comes of it."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
        self.http.check(details.issuer)

    def _require_administrator(self, tx: Transaction, actor: Actor) -> None:
        """An issuer whose e-mails link, or that gets the secret of another, decides who is an administrator."""
        check_holds(tx, actor, ROLES[ADMIN], REGISTRY, "", self.clock())

    def _require(self, tx: Transaction, actor: Actor, details: ProviderDetails) -> None:
        """A mapping puts people into groups, so it takes what doing that by hand would."""
        self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
        if not details.groups:
            return
        self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
        bindings = BindingRepository(tx)
        for group in sorted(set(_by_id(tx, details).groups.values())):
            check_holds_all(tx, actor, bindings.of_subject(group), self.clock())

    def _shown(self, provider: LoginProvider, groups: Mapping[str, str]) -> ShownProvider:
        has_secret = self.secrets(provider.name) is not None
        return ShownProvider(provider, groups, has_secret, f"{self.callbacks}/{provider.name}/callback")


def _by_id(tx: Transaction, details: ProviderDetails) -> ProviderDetails:
    ids = LoginProviderRepository(tx).group_ids(frozenset(details.groups.values()))
    missing = sorted(set(details.groups.values()) - ids.keys())
    if missing:
        raise LoginProviderSettingError(
            f"there is no group {missing[0][:100]!r}; make it with 'modelkeep group create'", field="groups"
        )
    return replace(details, groups={value: ids[group] for value, group in details.groups.items()})


def _by_name(tx: Transaction, groups: Mapping[str, str]) -> dict[str, str]:
    """Return the mapping with names; a group that was deleted since is left out."""
    names = LoginProviderRepository(tx).group_names(frozenset(groups.values()))
    return {value: names[group] for value, group in groups.items() if group in names}
