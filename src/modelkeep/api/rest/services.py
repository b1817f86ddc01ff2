"""The use cases this facade translates to."""

from collections.abc import Callable
from typing import Protocol

from modelkeep.domains.access import (
    AccessService,
    AuthenticationService,
    GrantService,
    GroupService,
    LeakAlertService,
    LoginServices,
    PasswordService,
    PrincipalService,
    RequestLimits,
    RoleService,
    SessionService,
    TokenService,
)
from modelkeep.domains.artifacts import UploadService
from modelkeep.domains.audit import (
    AccessLogService,
    AuditService,
    ExportService,
    IdempotencyService,
    PrivacyService,
    ProofService,
)
from modelkeep.domains.cards import CardServices
from modelkeep.domains.catalog import (
    AliasService,
    ContentService,
    ExplanationService,
    ModelService,
    NamespaceService,
    RegistrationService,
    VersionService,
)
from modelkeep.domains.events import EventServices
from modelkeep.domains.governance import GovernanceServices, SigningServices
from modelkeep.domains.inspection import DiffService, InspectionService


class Services(Protocol):
    """What the composition root provides."""

    @property
    def authentication(self) -> AuthenticationService:
        """Who acts."""

    @property
    def sessions(self) -> SessionService:
        """Browsers that people have logged in with."""

    @property
    def tokens(self) -> TokenService:
        """Tokens."""

    @property
    def leak_alerts(self) -> LeakAlertService:
        """Alerts of scanners of secrets."""

    @property
    def passwords(self) -> PasswordService:
        """The local administrator's password."""

    @property
    def limits(self) -> RequestLimits:
        """How often may be asked."""

    @property
    def access(self) -> AccessService:
        """Who may."""

    @property
    def audit(self) -> AuditService:
        """The audit log."""

    @property
    def audit_exports(self) -> ExportService:
        """The audit log as a file."""

    @property
    def logins(self) -> LoginServices:
        """How people and CI jobs get in."""

    @property
    def access_log(self) -> AccessLogService:
        """Who read what content."""

    @property
    def audit_privacy(self) -> PrivacyService:
        """Erasure and legal holds."""

    @property
    def idempotency(self) -> IdempotencyService:
        """Answers to repeated requests."""

    @property
    def uploads(self) -> UploadService:
        """Content on its way in."""

    @property
    def namespaces(self) -> NamespaceService:
        """Namespaces."""

    @property
    def models(self) -> ModelService:
        """Models."""

    @property
    def versions(self) -> VersionService:
        """Versions."""

    @property
    def registration(self) -> RegistrationService:
        """New versions."""

    @property
    def cards(self) -> CardServices:
        """Model cards."""

    @property
    def aliases(self) -> AliasService:
        """Aliases."""

    @property
    def content(self) -> ContentService:
        """Files."""

    @property
    def diffs(self) -> DiffService:
        """Differences between versions."""

    @property
    def inspections(self) -> InspectionService:
        """What is known of content."""

    @property
    def governance(self) -> GovernanceServices:
        """Policies, and what goes by them."""

    @property
    def events(self) -> EventServices:
        """What leaves the registry, and background work."""

    @property
    def signing(self) -> SigningServices:
        """Signatures of versions, and who is trusted to make them."""

    @property
    def proofs(self) -> ProofService:
        """Checkpoints and proofs of the audit log."""

    @property
    def grants(self) -> GrantService:
        """Who holds which role."""

    @property
    def roles(self) -> RoleService:
        """What roles grant."""

    @property
    def groups(self) -> GroupService:
        """Groups of principals."""

    @property
    def principals(self) -> PrincipalService:
        """Users, service accounts and CI identities."""

    @property
    def explanations(self) -> ExplanationService:
        """Why somebody may."""

    @property
    def readiness(self) -> Callable[[], dict[str, str]]:
        """What the server depends on, and `ok` or what is wrong with it."""
