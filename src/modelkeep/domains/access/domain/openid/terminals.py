"""Logins of the command line: in a browser on the same machine (RFC 8252), or approved elsewhere (RFC 8628)."""

import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId

CODE_LIFE: Final = timedelta(minutes=2)
DEVICE_LIFE: Final = timedelta(minutes=10)
INTERVAL: Final = 5
"""Seconds a command line waits between two questions; asking sooner makes it five more (RFC 8628, section 3.5)."""
TOKEN_LIFE: Final = timedelta(days=30)
MAX_LABEL: Final = 100

_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: a code spells no word; section 6.1
_CODE: Final = re.compile(f"[{_ALPHABET}]{{8}}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE: Final = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_FIRST_PORT: Final = 1024


class TerminalLoginError(InvalidValueError):
    """A login of a command line is asked for in a form that cannot be."""

    code = "access.terminal_login"


class TerminalCodeRefusedError(RegistryError):
    """The code of a login of a command line is unknown, was used, has expired, or belongs to another verifier."""

    kind = Kind.UNAUTHENTICATED
    code = "access.terminal_code_refused"


class AuthorizationPendingError(RegistryError):
    """Nobody has approved the login yet; ask again after `interval` seconds."""

    kind = Kind.BLOCKED
    code = "access.authorization_pending"


class SlowDownError(RegistryError):
    """The command line asks too often; ask again after `interval` seconds."""

    kind = Kind.BLOCKED
    code = "access.slow_down"


class LoginDeniedError(RegistryError):
    """Somebody has refused the login in the browser."""

    kind = Kind.FORBIDDEN
    code = "access.login_denied"


@dataclass(frozen=True, slots=True)
class LoopbackRequest:
    """What a command line asks for through the browser of its own machine."""

    redirect_uri: str
    state: str
    challenge: str
    label: str

    def __post_init__(self) -> None:
        """Refuse to send a code anywhere but to this machine, or one that no verifier protects."""
        if not _is_loopback(self.redirect_uri):
            raise TerminalLoginError("redirect_uri must be http://127.0.0.1:PORT/ or http://[::1]:PORT/")
        if not _CHALLENGE.fullmatch(self.challenge):
            raise TerminalLoginError("code_challenge must be an S256 challenge (RFC 7636)")
        if not _STATE.fullmatch(self.state):
            raise TerminalLoginError("state must have 16 to 200 unreserved characters")
        check_label(self.label)

    @property
    def origin(self) -> str:
        """Where the command line listens, for the policy of the page that sends the browser there."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    def answer(self, **members: str) -> str:
        """Return the address that the browser is sent back to."""
        return f"{self.redirect_uri}?{urlencode({**members, 'state': self.state})}"


@dataclass(frozen=True, slots=True)
class LoginCode:
    """What such a login ends in: a code that counts once, with its verifier."""

    code_digest: str
    challenge: str
    label: str
    principal_id: PrincipalId
    expires_at: datetime

    def check(self, challenge: str, now: datetime) -> None:
        """Refuse another verifier, and a code that is too old."""
        if now >= self.expires_at or not hmac.compare_digest(self.challenge, challenge):
            raise refused_code()


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A command line that waits for an approval elsewhere; of its own code only the digest is kept."""

    device_digest: str
    user_code: str
    label: str
    expires_at: datetime
    interval: int = INTERVAL
    polled_at: datetime | None = None
    principal_id: PrincipalId | None = None
    denied: bool = False

    def asked(self, now: datetime) -> Self:
        """Return it after another question; one that came too soon makes the next ones wait longer."""
        soon = self.polled_at is not None and now - self.polled_at < timedelta(seconds=self.interval)
        return replace(self, polled_at=now, interval=self.interval + 5 if soon else self.interval)

    def outcome(self, before: "DeviceLogin", now: datetime) -> PrincipalId:
        """Return who has approved it; `before` is how it stood before this question.

        Raises:
            TerminalCodeRefusedError: it has expired.
            LoginDeniedError: somebody said no.
            SlowDownError, AuthorizationPendingError: ask again later.
        """
        if now >= self.expires_at:
            raise refused_code()
        if self.denied:
            raise LoginDeniedError("the login was refused in the browser")
        if self.interval > before.interval:
            raise SlowDownError(f"wait {self.interval} seconds between two questions", interval=self.interval)
        if self.principal_id is None:
            raise AuthorizationPendingError("nobody has approved the login yet", interval=self.interval)
        return self.principal_id


def refused_code() -> TerminalCodeRefusedError:
    """Return the one refusal of a code."""
    return TerminalCodeRefusedError("the code is unknown, was used, or is too old; run 'modelkeep login' again")


def check_label(label: str) -> str:
    """Return what a command line calls itself, or refuse it."""
    if not 0 < len(label) <= MAX_LABEL or not label.isprintable():
        raise TerminalLoginError(f"the name of the machine has 1 to {MAX_LABEL} printable characters")
    return label


def new_user_code() -> str:
    """Return a code to type: 8 letters, 34 bits, good for ten minutes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def shown_code(code: str) -> str:
    """Return a code as people read it: `WDJB-MJHT`."""
    return f"{code[:4]}-{code[4:]}"


def read_user_code(typed: str) -> str:
    """Return the code that somebody typed, in whatever case and with whatever between its letters.

    Raises:
        TerminalCodeRefusedError: it can be none.
    """
    code = re.sub(r"[^A-Z]", "", typed.upper())
    if not _CODE.fullmatch(code):
        raise refused_code()
    return code


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        listening = parts.hostname in _LOOPBACK and (parts.port or 0) >= _FIRST_PORT
    except ValueError:
        return False
    plain = parts.scheme == "http" and parts.username is None and not parts.query and not parts.fragment
    return listening and plain and re.fullmatch(r"/[A-Za-z0-9_-]{0,50}", parts.path or "/") is not None
