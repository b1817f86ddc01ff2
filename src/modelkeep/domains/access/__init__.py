"""Who may do what: principals, tokens, roles and permissions."""

from modelkeep.domains.access.domain.permissions import ForbiddenError, Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.tokens import UnauthenticatedError
from modelkeep.domains.access.service import AccessService, AuthenticationService

__all__ = [
    "AccessService",
    "AuthenticationService",
    "ForbiddenError",
    "Permission",
    "Principal",
    "UnauthenticatedError",
]
