"""Use cases of access control."""

from modelkeep.domains.access.repository import NOTICED_AT_ONCE, Values, permitted_where
from modelkeep.domains.access.service.authentication import AuthenticationService
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.directory import PrincipalService
from modelkeep.domains.access.service.granting import GrantService
from modelkeep.domains.access.service.groups import GroupService
from modelkeep.domains.access.service.issuing import IssuedToken, TokenIssuer, TokenTerms
from modelkeep.domains.access.service.leak_alerts import AlertKey, LeakAlert, LeakAlertService
from modelkeep.domains.access.service.limits import LimitNumbers, RequestLimits
from modelkeep.domains.access.service.login_providers import LoginProviderService, Secrets, ShownProvider
from modelkeep.domains.access.service.login_services import LoginServices
from modelkeep.domains.access.service.logins import FinishedLogin, LoginService, ProviderAnswer
from modelkeep.domains.access.service.passwords import PasswordService
from modelkeep.domains.access.service.publishing import MintedToken, NewPublisher, PublishingService
from modelkeep.domains.access.service.roles import RoleService
from modelkeep.domains.access.service.sessions import OpenedSession, SessionService
from modelkeep.domains.access.service.terminals import BegunDevice, TerminalLoginService
from modelkeep.domains.access.service.tokens import NewToken, TokenService
from modelkeep.domains.access.service.usage import UsageRecorder

__all__ = [
    "NOTICED_AT_ONCE",
    "AccessService",
    "AlertKey",
    "AuthenticationService",
    "BegunDevice",
    "FinishedLogin",
    "GrantService",
    "GroupService",
    "IssuedToken",
    "LeakAlert",
    "LeakAlertService",
    "LimitNumbers",
    "LoginProviderService",
    "LoginService",
    "LoginServices",
    "MintedToken",
    "NewPublisher",
    "NewToken",
    "OpenedSession",
    "PasswordService",
    "PrincipalService",
    "ProviderAnswer",
    "PublishingService",
    "RequestLimits",
    "RoleService",
    "Secrets",
    "SessionService",
    "ShownProvider",
    "TerminalLoginService",
    "TokenIssuer",
    "TokenService",
    "TokenTerms",
    "UsageRecorder",
    "Values",
    "permitted_where",
]
