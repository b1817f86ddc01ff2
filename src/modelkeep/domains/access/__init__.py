"""Who may do what: principals, groups, tokens, roles, bindings and permissions."""

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.refusals import ForbiddenError
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.domains.access.domain.sessions import (
    CrossSiteRequestError,
    Session,
    SessionNotFoundError,
    StepUpRequiredError,
    require_recent_login,
)
from modelkeep.domains.access.domain.tokens import UnauthenticatedError
from modelkeep.domains.access.operations import end_bindings_in
from modelkeep.domains.access.service import (
    AccessService,
    AuthenticationService,
    OpenedSession,
    SessionService,
    UsageRecorder,
    Values,
    permitted_where,
)

__all__ = [
    "REGISTRY",
    "AccessService",
    "AuthenticationService",
    "CrossSiteRequestError",
    "ForbiddenError",
    "OpenedSession",
    "Permission",
    "Principal",
    "Scope",
    "Session",
    "SessionNotFoundError",
    "SessionService",
    "StepUpRequiredError",
    "UnauthenticatedError",
    "UsageRecorder",
    "Values",
    "end_bindings_in",
    "permitted_where",
    "require_recent_login",
]
