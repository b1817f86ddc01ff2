"""Who may do what: principals, tokens, roles and permissions."""

from modelkeep.domains.access.domain import (
    ForbiddenError,
    Permission,
    Principal,
    UnauthenticatedError,
)
from modelkeep.domains.access.service import AccessService

__all__ = ["AccessService", "ForbiddenError", "Permission", "Principal", "UnauthenticatedError"]
