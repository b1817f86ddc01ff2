"""Who may do what: principals, groups, tokens, roles, bindings and permissions."""

from modelkeep.domains.access.domain.bindings import Binding, BindingQuery, NewBinding, Reviewed
from modelkeep.domains.access.domain.groups import Group, Membership
from modelkeep.domains.access.domain.leak_alerts import MAX_ALERT, Finding
from modelkeep.domains.access.domain.openid.logins import ATTEMPT_LIFE
from modelkeep.domains.access.domain.openid.providers import (
    DEFAULT_ALGORITHMS,
    DEFAULT_SCOPES,
    ProviderDetails,
)
from modelkeep.domains.access.domain.openid.terminals import LoopbackRequest, shown_code
from modelkeep.domains.access.domain.permissions import NEVER, ROLES, Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.publishing.conditions import PublisherKind, default_issuer, read_conditions
from modelkeep.domains.access.domain.publishing.publishers import Publisher
from modelkeep.domains.access.domain.reach import Reach
from modelkeep.domains.access.domain.refusals import ForbiddenError
from modelkeep.domains.access.domain.roles import Role
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.domains.access.domain.sessions import (
    CrossSiteRequestError,
    Session,
    SessionNotFoundError,
    StepUpRequiredError,
    require_recent_login,
)
from modelkeep.domains.access.domain.standing import Explanation, Question
from modelkeep.domains.access.domain.tokens import Token, UnauthenticatedError
from modelkeep.domains.access.operations import anonymise, end_bindings_in
from modelkeep.domains.access.service import (
    AccessService,
    AlertKey,
    AuthenticationService,
    BegunDevice,
    FinishedLogin,
    GrantService,
    GroupService,
    IssuedToken,
    LeakAlert,
    LeakAlertService,
    LimitNumbers,
    LoginProviderService,
    LoginService,
    LoginServices,
    MintedToken,
    NewPublisher,
    NewToken,
    OpenedSession,
    PasswordService,
    PrincipalService,
    ProviderAnswer,
    PublishingService,
    RequestLimits,
    RoleService,
    SessionService,
    ShownProvider,
    TerminalLoginService,
    TokenIssuer,
    TokenService,
    TokenTerms,
    UsageRecorder,
    Values,
    permitted_where,
)

__all__ = [
    "ATTEMPT_LIFE",
    "DEFAULT_ALGORITHMS",
    "DEFAULT_SCOPES",
    "MAX_ALERT",
    "NEVER",
    "REGISTRY",
    "ROLES",
    "AccessService",
    "AlertKey",
    "AuthenticationService",
    "BegunDevice",
    "Binding",
    "BindingQuery",
    "CrossSiteRequestError",
    "Explanation",
    "Finding",
    "FinishedLogin",
    "ForbiddenError",
    "GrantService",
    "Group",
    "GroupService",
    "IssuedToken",
    "LeakAlert",
    "LeakAlertService",
    "LimitNumbers",
    "LoginProviderService",
    "LoginService",
    "LoginServices",
    "LoopbackRequest",
    "Membership",
    "MintedToken",
    "NewBinding",
    "NewPublisher",
    "NewToken",
    "OpenedSession",
    "PasswordService",
    "Permission",
    "Principal",
    "PrincipalService",
    "ProviderAnswer",
    "ProviderDetails",
    "Publisher",
    "PublisherKind",
    "PublishingService",
    "Question",
    "Reach",
    "RequestLimits",
    "Reviewed",
    "Role",
    "RoleService",
    "Scope",
    "Session",
    "SessionNotFoundError",
    "SessionService",
    "ShownProvider",
    "StepUpRequiredError",
    "TerminalLoginService",
    "Token",
    "TokenIssuer",
    "TokenService",
    "TokenTerms",
    "UnauthenticatedError",
    "UsageRecorder",
    "Values",
    "anonymise",
    "default_issuer",
    "end_bindings_in",
    "permitted_where",
    "read_conditions",
    "require_recent_login",
    "shown_code",
]
