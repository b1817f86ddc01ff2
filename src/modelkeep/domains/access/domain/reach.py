"""How far a token reaches: a part of what its principal may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, Self

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

MAX_LIMITS: Final = 100
"""Most scopes, and most networks, of one token."""
EVERY: Final = "*"
"""Stands for all permissions, all scopes or all stages."""
WHOLE: Final = frozenset({EVERY})
"""All permissions, or all of the registry."""


class TokenTooWideError(RegistryError):
    """A token would reach further than the one it is made with."""

    kind = Kind.FORBIDDEN
    code = "access.token_too_wide"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a token opens of all that its principal may: these permissions, on these scopes, from these networks.

    `*` stands for all permissions, and for the whole registry; no network for every address.
    """

    permissions: frozenset[str] = WHOLE
    scopes: frozenset[str] = WHOLE
    networks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, permissions: Iterable[str], scopes: Iterable[str], networks: Iterable[str]) -> Self:
        """Return the reach that somebody asks for; nothing given is no limit.

        Raises:
            InvalidValueError: there is no such permission, or a text is no network, or there are too many.
            InvalidReferenceError: a text is no scope.
        """
        wanted, places, addresses = frozenset(permissions), tuple(scopes), tuple(networks)
        if len(places) > MAX_LIMITS or len(addresses) > MAX_LIMITS:
            raise InvalidValueError(f"a token is limited to at most {MAX_LIMITS} scopes and {MAX_LIMITS} networks")
        unknown = sorted(wanted - {*Permission, EVERY})
        if unknown:
            raise InvalidValueError(f"{unknown[0][:80]!r} is no permission; there are {', '.join(sorted(Permission))}")
        return cls(
            WHOLE if EVERY in wanted else wanted or WHOLE,
            frozenset(str(Scope.parse(place)) for place in places) or WHOLE,
            tuple(sorted({_network(text) for text in addresses})),
        )

    def within(self, wider: "Reach") -> "Reach":
        """Return it as a part of a wider one: what it leaves open is limited as that is.

        Raises:
            TokenTooWideError: it names something that is not in the wider one.
        """
        permissions = wider.permissions if self.permissions == WHOLE else self.permissions
        scopes = wider.scopes if self.scopes == WHOLE else self.scopes
        networks = self.networks or wider.networks
        beyond = [
            *sorted(permissions - wider.permissions if wider.permissions != WHOLE else ()),
            *sorted(scope for scope in scopes if not wider.covers(scope)),
            *(network for network in networks if not wider.contains(network)),
        ]
        if beyond:
            raise TokenTooWideError(
                f"the token you use does not reach {', '.join(beyond[:5])}, so no token made with it can; use a wider "
                "one, or log in",
                beyond=beyond[:MAX_LIMITS],
            )
        return Reach(permissions, scopes, networks)

    def covers(self, scope: str) -> bool:
        """Say whether a scope is one of its own, or lies in one."""
        return not self.scopes.isdisjoint(Scope(scope).lineage)

    def contains(self, network: str) -> bool:
        """Say whether all addresses of a network may use it."""
        inner = ip_network(network)
        for outer in map(ip_network, self.networks):
            if outer.version == inner.version and inner.subnet_of(outer):  # type: ignore[arg-type]  # of one version
                return True
        return not self.networks

    def admits(self, address: str) -> bool:
        """Say whether a request from an address may use it; what is no address may not, if there is a limit."""
        if not self.networks:
            return True
        try:
            host = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(host, "ipv4_mapped", None) or host
        return any(mapped in ip_network(network) for network in self.networks)


UNLIMITED: Final = Reach()
"""All that the bearer may."""


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError:
        raise InvalidValueError(f"{text[:80]!r} is no address or network, such as 192.0.2.7 or 10.0.0.0/8") from None
