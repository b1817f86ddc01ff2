"""The one password there can be: that of the local administrator, for when no login provider works."""

from datetime import datetime
from typing import Final

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId

SHORTEST: Final = 15
LONGEST: Final = 1024
LOCAL: Final = "local"
"""How the log names a login by password, where it names the provider of others."""


class PasswordRefusedError(RegistryError):
    """Nobody has that name and that password; which of them is wrong is not said."""

    kind = Kind.UNAUTHENTICATED
    code = "access.password_refused"


def check_password(text: str) -> str:
    """Return a password that may be set (NIST SP 800-63B: length counts, composition does not).

    Raises:
        InvalidValueError: it is too short or too long.
    """
    if not SHORTEST <= len(text) <= LONGEST:
        raise InvalidValueError(f"the administrator's password has {SHORTEST} to {LONGEST} characters")
    return text


def password_set(principal: PrincipalId, by: Actor, at: datetime) -> Event:
    """Return the event of a new password."""
    return Event("access.password_set", principal, by, at)


def password_removed(principal: PrincipalId, by: Actor, at: datetime) -> Event:
    """Return the event of a password that is gone."""
    return Event("access.password_removed", principal, by, at)


def password_refused(known: Actor | None, at: datetime) -> PasswordRefusedError:
    """Return the refusal; if the name is somebody's, it brings its audit event."""
    error = PasswordRefusedError("the name or the password is wrong, or nobody may log in with a password here")
    if known is not None:
        error.event = Event("access.login_failed", known.id, known, at, {"provider": LOCAL})
    return error
