"""How often who may ask for what is worth guarding."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from modelkeep.kernel.identity import Actor
from modelkeep.platform.throttling import Rate, Throttle

_GUESSING: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LimitNumbers:
    """Logins in 5 minutes; failing tokens, identity tokens of CI jobs and searches in a minute; others in an hour."""

    logins_per_user: int = 5
    logins_per_address: int = 20
    logins: int = 1000
    token_failures: int = 30
    mints: int = 60
    mints_per_address: int = 120
    searches: int = 6000
    exports: int = 60


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Refuses what is asked too often. Logins and CI tokens are refused as well where nobody can count them."""

    throttle: Throttle
    numbers: LimitNumbers

    def login(self, address: str, user: str = "") -> None:
        """Count an attempt to log in: those from an address, those as a user, and everybody's.

        What is refused of an address or a user is not counted as everybody's: one address alone stops nobody else.

        Raises:
            TooManyRequestsError: there were too many.
        """
        numbers = self.numbers
        by_address = Rate("logins of an address", numbers.logins_per_address, _GUESSING, shared=True, closed=True)
        self.throttle.hit(by_address, _place(address))
        if user:
            by_user = Rate("logins of a user", numbers.logins_per_user, _GUESSING, shared=True, closed=True)
            self.throttle.hit(by_user, user)
        self.throttle.hit(Rate("logins", numbers.logins, _GUESSING, shared=True, closed=True), "")

    def token_failure(self, address: str) -> None:
        """Count a token that nobody knows.

        Raises:
            TooManyRequestsError: there were too many.
        """
        self.throttle.hit(Rate("unknown tokens", self.numbers.token_failures, timedelta(minutes=1)), _place(address))

    def identity_token(self, address: str) -> None:
        """Count an identity token that an address shows for a CI job, before anybody looks at it.

        Raises:
            TooManyRequestsError: there were too many.
        """
        rate = Rate("identity tokens of an address", self.numbers.mints_per_address, timedelta(minutes=1))
        self.throttle.hit(rate, _place(address))

    def mint(self, publisher: str) -> None:
        """Count a token for a CI job of a publisher.

        Raises:
            TooManyRequestsError: there were too many.
        """
        rate = Rate("tokens of a publisher", self.numbers.mints, timedelta(hours=1), shared=True, closed=True)
        self.throttle.hit(rate, publisher)

    def search(self, actor: Actor) -> None:
        """Count a search.

        Raises:
            TooManyRequestsError: there were too many.
        """
        self.throttle.hit(Rate("searches", self.numbers.searches, timedelta(minutes=1)), actor.id)

    def export(self, actor: Actor) -> None:
        """Count an export of the audit log.

        Raises:
            TooManyRequestsError: there were too many.
        """
        self.throttle.hit(Rate("exports", self.numbers.exports, timedelta(hours=1), shared=True), actor.id)


def _place(address: str) -> str:
    """Return what is counted of an address: who has one of IPv6 has all 2**64 of its network."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
