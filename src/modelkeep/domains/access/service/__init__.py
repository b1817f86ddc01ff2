"""Use cases of access control."""

from modelkeep.domains.access.repository import Values, permitted_where
from modelkeep.domains.access.service.authentication import AuthenticationService
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.sessions import OpenedSession, SessionService
from modelkeep.domains.access.service.usage import UsageRecorder

__all__ = [
    "AccessService",
    "AuthenticationService",
    "OpenedSession",
    "SessionService",
    "UsageRecorder",
    "Values",
    "permitted_where",
]
