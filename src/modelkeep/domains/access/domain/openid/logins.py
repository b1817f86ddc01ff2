"""One login: what it is begun with, and what follows from who comes back."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.kernel.errors import Kind, RegistryError

ATTEMPT_LIFE: Final = timedelta(minutes=10)
START_PAGE: Final = "/login"
_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x7e]{0,2000}")


class LoginRefusedError(RegistryError):
    """A login cannot be finished: it was not begun in this browser, took too long, or was finished before."""

    kind = Kind.UNAUTHENTICATED
    code = "access.login_refused"


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A login that has been begun. Of its secrets only digests are kept: those of `state` and of the browser's cookie.

    Nonce and PKCE verifier are derived from `state` under the server's key, so that nothing of them is stored.
    """

    state_digest: str
    browser_digest: str
    provider: str
    return_to: str
    expires_at: datetime

    def check(self, provider: str, browser: str, now: datetime) -> None:
        """Refuse to finish it elsewhere, for another provider, or too late."""
        if self.provider != provider or now >= self.expires_at:
            raise refused_login()
        if not hmac.compare_digest(self.browser_digest, digest_of(browser)):
            raise refused_login()


def refused_login() -> LoginRefusedError:
    """Return the one refusal: which of the reasons it was is nobody's business but the log's."""
    return LoginRefusedError("this login cannot be finished (it is too old, or begun elsewhere); log in again")


def digest_of(secret: str) -> str:
    """Return what is stored of a random secret of 128 bits or more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derived(pepper: bytes, purpose: str, secret: str) -> str:
    """Return a value that only this server can find for a secret, 64 hex digits: a nonce, a PKCE verifier."""
    return hmac.new(pepper, f"{purpose}\0{secret}".encode(), hashlib.sha256).hexdigest()


def local_path(wanted: str | None) -> str:
    """Return the page to show after a login: a path of this server, or its start page; never another server."""
    return wanted if wanted and _LOCAL.fullmatch(wanted) else START_PAGE


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Which groups a user joins and leaves by a login, by their ids."""

    joined: frozenset[str]
    left: frozenset[str]


def group_changes(mapping: Mapping[str, str], claimed: AbstractSet[str], current: AbstractSet[str]) -> GroupChanges:
    """Compare the groups a provider claims with those a user is in; groups that are not mapped are left alone."""
    wanted = {group for value, group in mapping.items() if value in claimed}
    managed = frozenset(mapping.values())
    return GroupChanges(frozenset(wanted - current), frozenset((managed & current) - wanted))
