"""Stores what access control knows."""

from modelkeep.domains.access.repository.bindings import BindingRepository
from modelkeep.domains.access.repository.directory import DirectoryRepository
from modelkeep.domains.access.repository.groups import GroupRepository
from modelkeep.domains.access.repository.last_uses import LastUseRepository
from modelkeep.domains.access.repository.login_providers import LoginProviderRepository
from modelkeep.domains.access.repository.logins import LoginRepository
from modelkeep.domains.access.repository.memberships import MembershipRepository
from modelkeep.domains.access.repository.passwords import PasswordRepository
from modelkeep.domains.access.repository.predicate import (
    ANYWHERE,
    CHECK,
    Values,
    bound_values,
    permitted_where,
    scope_values,
)
from modelkeep.domains.access.repository.principals import AccessRepository
from modelkeep.domains.access.repository.publishers import PublisherRepository
from modelkeep.domains.access.repository.reviews import review
from modelkeep.domains.access.repository.roles import RoleRepository
from modelkeep.domains.access.repository.sessions import SessionRepository
from modelkeep.domains.access.repository.standings import permissions_of, read_standing
from modelkeep.domains.access.repository.terminals import TerminalRepository
from modelkeep.domains.access.repository.tokens import NOTICED_AT_ONCE, TokenRepository

__all__ = [
    "ANYWHERE",
    "CHECK",
    "NOTICED_AT_ONCE",
    "AccessRepository",
    "BindingRepository",
    "DirectoryRepository",
    "GroupRepository",
    "LastUseRepository",
    "LoginProviderRepository",
    "LoginRepository",
    "MembershipRepository",
    "PasswordRepository",
    "PublisherRepository",
    "RoleRepository",
    "SessionRepository",
    "TerminalRepository",
    "TokenRepository",
    "Values",
    "bound_values",
    "permissions_of",
    "permitted_where",
    "read_standing",
    "review",
    "scope_values",
]
