"""Which addresses a server may speak to: public ones over HTTPS, and what its operator allows.

The list of what is not public follows the IANA registries of special-purpose addresses. IPv6 forms that carry an IPv4
address in them (mapped, compatible, 6to4, Teredo, NAT64) are refused whatever they carry, but for the mapped form.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

if TYPE_CHECKING:
    import httpx

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host name, or raises OSError."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_URL: Final = 2048
_NOT_PUBLIC: Final = tuple(
    ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocol assignments; metadata of one cloud
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host services
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
    )
)


class OutboundRefusedError(RegistryError):
    """This server does not send requests to that address."""

    kind = Kind.INVALID
    code = "outbound.refused"


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]).partition("%")[0] for *_, address in found]


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of an address that was checked."""

    scheme: str
    host: str
    port: int
    path: str
    authority: str


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What is allowed beyond public addresses over HTTPS: networks, and hosts by name. They may be reached by HTTP."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    resolver: Resolver = field(default=resolve, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a comma-separated list of networks (`10.0.0.0/8`), addresses and host names.

        Raises:
            InvalidValueError: an entry is none of these.
        """
        networks, hosts = [], set()
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if "/" in entry or ":" in entry or "*" in entry:
                    raise InvalidValueError(
                        f"MODELKEEP_OUTBOUND_ALLOW holds {entry!r}; list networks such as 10.0.0.0/8, and host names"
                    ) from None
                hosts.add(entry.rstrip("."))
        return cls(tuple(networks), frozenset(hosts))

    def target(self, url: str) -> Target:
        """Return the parts of an address that may be spoken to, as far as it can be told without asking for its host.

        Raises:
            OutboundRefusedError: it may not.
        """
        parsed = _parse(url)
        if parsed.userinfo:
            raise OutboundRefusedError("an address must not hold a user name or password")
        host = parsed.raw_host.decode("ascii").lower()
        port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
        target = Target(parsed.scheme, host, port, parsed.raw_path.decode("ascii"), parsed.netloc.decode("ascii"))
        literal = _literal(host)
        if literal is not None:
            self._check(target, [literal])
        elif parsed.scheme == "http" and not (self._names(host) or self.networks):
            raise _plain_refused(target)
        return target

    def addresses(self, target: Target) -> list[Address]:
        """Return the addresses of a target, each of which may be connected to.

        Raises:
            OutboundRefusedError: one of them may not.
            OSError: the host has none.
        """
        literal = _literal(target.host)
        try:
            found = [literal] if literal else [ip_address(one) for one in self.resolver(target.host, target.port)]
        except UnicodeError as error:
            raise OSError(f"no host can be called {target.host[:80]!r}") from error
        self._check(target, found)
        return found

    def permits(self, host: str) -> bool:
        """Say whether the operator allows a host: by its name, or by its address if it is one."""
        literal = _literal(host)
        return self._names(host) or (literal is not None and self._holds(literal))

    def check(self, url: str) -> None:
        """Refuse an address that could never be reached, before it is stored; a host that is not known yet passes.

        Raises:
            OutboundRefusedError: the address may not be spoken to.
        """
        target = self.target(url)
        try:
            self.addresses(target)
        except OSError:
            return

    def _check(self, target: Target, found: Sequence[Address]) -> None:
        if self._names(target.host):
            return
        for address in found:
            if not (self._holds(address) or is_public(address)):
                raise OutboundRefusedError(
                    f"{target.host} has an address that is not public; an operator can allow it with "
                    "MODELKEEP_OUTBOUND_ALLOW"
                )
            if target.scheme == "http" and not self._holds(address):
                raise _plain_refused(target)

    def _names(self, host: str) -> bool:
        return host.rstrip(".") in self.hosts

    def _holds(self, address: Address) -> bool:
        plain = _unmapped(address)
        return any(plain in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public Internet, and of one host."""
    plain = _unmapped(address)
    if plain.is_multicast or plain.is_reserved or not plain.is_global:
        return False
    return not any(plain in network for network in _NOT_PUBLIC)


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv4-mapped one: a socket would connect to that."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _literal(host: str) -> Address | None:
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 section 6.3: whatever a resolver says
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _parse(url: str) -> "httpx.URL":
    import httpx  # noqa: PLC0415 - takes longer to load than a server should need to start

    if len(url) > _MAX_URL:
        raise OutboundRefusedError(f"an address has at most {_MAX_URL} characters")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise OutboundRefusedError("this is not an address: write https://HOST/PATH") from None
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.raw_host or parsed.port == 0:
        raise OutboundRefusedError("an address begins with https:// and a host")
    return parsed


def _plain_refused(target: Target) -> OutboundRefusedError:
    return OutboundRefusedError(
        f"{target.host} would be reached without TLS: write https://, or let an operator allow the host with "
        "MODELKEEP_OUTBOUND_ALLOW"
    )
