"""Use cases of access control."""

from modelkeep.domains.access.repository import Values, permitted_where
from modelkeep.domains.access.service.authentication import AuthenticationService
from modelkeep.domains.access.service.authorization import AccessService

__all__ = ["AccessService", "AuthenticationService", "Values", "permitted_where"]
