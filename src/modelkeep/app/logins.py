"""Wires the ways in: OpenID providers, the command line, CI jobs."""

import os
from pathlib import Path
from typing import Final

from modelkeep.app.settings import PREFIX, Settings
from modelkeep.domains.access import (
    AccessService,
    LoginProviderService,
    LoginService,
    LoginServices,
    PublishingService,
    RequestLimits,
    SessionService,
    TerminalLoginService,
    TokenIssuer,
)
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.openid import IssuerDirectory
from modelkeep.platform.outbound_http import OutboundHttp

_CALLBACKS: Final = "/api/v1/login/oidc"
_DEVICE_PAGE: Final = "/login/device"


def login_services(
    settings: Settings, access: AccessService, sessions: SessionService, tokens: TokenIssuer, limits: RequestLimits
) -> LoginServices:
    """Return the services of logging in."""
    clock, ids = sessions.clock, sessions.new_id
    http = OutboundHttp(settings.outbound_policy)
    issuers = IssuerDirectory(http, clock)
    callbacks = settings.public_url + _CALLBACKS
    return LoginServices(
        database=access.database,
        clock=clock,
        providers=LoginProviderService(access.database, access, http, clock, client_secret, callbacks),
        people=LoginService(
            database=access.database,
            issuers=issuers,
            http=http,
            clock=clock,
            new_id=ids,
            sessions=sessions,
            pepper=tokens.pepper,
            secrets=client_secret,
            callbacks=callbacks,
        ),
        terminals=TerminalLoginService(access.database, clock, tokens, settings.public_url + _DEVICE_PAGE),
        publishing=PublishingService(
            database=access.database,
            access=access,
            issuers=issuers,
            clock=clock,
            new_id=ids,
            tokens=tokens,
            limits=limits,
            audience=settings.public_url,
        ),
    )


def client_secret(provider: str) -> str | None:
    """Return this registry's secret at a provider: `MODELKEEP_OIDC_<NAME>_SECRET`, or the file `…_SECRET_FILE` names.

    Raises:
        InvalidValueError: the file cannot be read.
    """
    variable = f"{PREFIX}OIDC_{provider.upper().replace('-', '_')}_SECRET"
    if given := os.environ.get(variable):
        return given
    named = os.environ.get(f"{variable}_FILE")
    if not named:
        return None
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidValueError(f"{variable}_FILE names {named}, which cannot be read: {error.strerror}") from error
