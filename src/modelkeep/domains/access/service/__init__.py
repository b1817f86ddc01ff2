"""Use cases of access control."""

from modelkeep.domains.access.service.authentication import AuthenticationService
from modelkeep.domains.access.service.authorization import AccessService

__all__ = ["AccessService", "AuthenticationService"]
