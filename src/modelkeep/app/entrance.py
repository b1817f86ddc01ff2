"""Wires who gets in: tokens, sessions, logins."""

from dataclasses import dataclass, fields
from typing import Any

from modelkeep.app.leak_keys import load_leak_keys
from modelkeep.app.logins import login_services
from modelkeep.app.secret_key import load_secret_key, previous_secret_keys
from modelkeep.app.settings import Settings
from modelkeep.domains.access import (
    AccessService,
    AuthenticationService,
    LeakAlertService,
    LoginServices,
    PasswordService,
    RequestLimits,
    SessionService,
    TokenIssuer,
    TokenService,
    UsageRecorder,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.throttling import Throttle


@dataclass(frozen=True, slots=True)
class Entrance:
    """The services that tell who acts."""

    authentication: AuthenticationService
    sessions: SessionService
    usage: UsageRecorder
    tokens: TokenService
    leak_alerts: LeakAlertService
    logins: LoginServices
    limits: RequestLimits
    passwords: PasswordService

    def by_name(self) -> dict[str, Any]:
        """Return them by the names that they have among all services."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def entrance(settings: Settings, access: AccessService, clock: Clock, ids: IdSource) -> Entrance:
    """Return the services that tell who acts."""
    database, pepper, usage = access.database, load_secret_key(settings), UsageRecorder(access.database)
    sessions = SessionService(database, clock, ids, pepper, usage)
    issuer = TokenIssuer(clock, ids, pepper)
    shared = settings.database_url.startswith("postgresql")
    limits = RequestLimits(Throttle(database, clock, across_processes=shared), settings.request_limits)
    authentication = AuthenticationService(
        database, clock, ids, pepper, usage, previous_secret_keys(settings), limits=limits
    )
    tokens = TokenService(database, access, authentication, issuer, clock)
    return Entrance(
        authentication=authentication,
        sessions=sessions,
        usage=usage,
        tokens=tokens,
        leak_alerts=LeakAlertService(tokens, limits, load_leak_keys(settings)),
        logins=login_services(settings, access, sessions, issuer, limits),
        limits=limits,
        passwords=PasswordService(sessions, limits),
    )
