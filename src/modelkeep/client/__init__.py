"""The Python SDK: `modelkeep.connect()` and what it gives and raises.

Everything public is here, and loaded when it is first asked for: whoever needs the credentials file only, as a server
does, loads no HTTP client.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelkeep.client.access_values import (
        Account,
        Binding,
        Explanation,
        Granting,
        Group,
        Member,
        ReviewLine,
        Role,
    )
    from modelkeep.client.cache import Cache, CacheUsage, Pruned
    from modelkeep.client.card_values import (
        Attachment,
        Card,
        CardChange,
        CardClause,
        CardComparison,
        CardDraft,
        CardExport,
        CardMisfit,
        CardRating,
        CardRevision,
        CardScore,
        ExtraSchema,
    )
    from modelkeep.client.errors import (
        AlreadyExistsError,
        ApiError,
        BlockedError,
        ConflictError,
        CorruptError,
        CorruptFileError,
        DestinationExistsError,
        DiskFullError,
        FileChangedError,
        ForbiddenError,
        InvalidArtifactError,
        InvalidRequestError,
        InvalidSettingError,
        LimitExceededError,
        NotFoundError,
        ServerUnreachableError,
        UnauthenticatedError,
        UnavailableError,
        UnexpectedAnswerError,
        UnwritableError,
    )
    from modelkeep.client.listing import Listing
    from modelkeep.client.logins import DeviceLogin, IssuedToken, LoginOffer
    from modelkeep.client.model_versions import ModelVersion
    from modelkeep.client.policy_values import (
        AffectedRequest,
        ExpressionTrial,
        ExpressionTrials,
        FailingVersion,
        GoverningPolicy,
        Policy,
        PolicyAssignment,
        PolicyChange,
        PolicyFinding,
        PolicyLint,
        PolicyPlan,
        StrandedStage,
        TriedVersion,
    )
    from modelkeep.client.progress import Progress
    from modelkeep.client.publishers import LoginProvider, Publisher
    from modelkeep.client.records import DataRef, Environment, Metric, Parent, TrainingCode, VersionRecord
    from modelkeep.client.registry import Registry, connect
    from modelkeep.client.settings import Settings, resolve_settings
    from modelkeep.client.signature_values import Signature, SignedBy, SigningKey
    from modelkeep.client.tokens import Token, TokenLimits
    from modelkeep.client.values import (
        AliasInterval,
        Author,
        Model,
        Namespace,
        Principal,
        Receipt,
        StageInterval,
        Standing,
        TagInterval,
    )
    from modelkeep.client.webhook_values import Job, LiveEvent, Webhook, WebhookDelivery
    from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

__all__ = [
    "Account",
    "AffectedRequest",
    "AliasInterval",
    "AlreadyExistsError",
    "ApiError",
    "Attachment",
    "Author",
    "Binding",
    "BlockedError",
    "Cache",
    "CacheUsage",
    "Card",
    "CardChange",
    "CardClause",
    "CardComparison",
    "CardDraft",
    "CardExport",
    "CardMisfit",
    "CardRating",
    "CardRevision",
    "CardScore",
    "ConflictError",
    "CorruptError",
    "CorruptFileError",
    "DataRef",
    "DestinationExistsError",
    "DeviceLogin",
    "DiskFullError",
    "Environment",
    "Explanation",
    "ExpressionTrial",
    "ExpressionTrials",
    "ExtraSchema",
    "FailingVersion",
    "FileChangedError",
    "ForbiddenError",
    "GoverningPolicy",
    "Granting",
    "Group",
    "InvalidArtifactError",
    "InvalidRequestError",
    "InvalidSettingError",
    "InvalidValueError",
    "IssuedToken",
    "Job",
    "Kind",
    "LimitExceededError",
    "Listing",
    "LiveEvent",
    "LoginOffer",
    "LoginProvider",
    "Member",
    "Metric",
    "Model",
    "ModelVersion",
    "Namespace",
    "NotFoundError",
    "Parent",
    "Policy",
    "PolicyAssignment",
    "PolicyChange",
    "PolicyFinding",
    "PolicyLint",
    "PolicyPlan",
    "Principal",
    "Progress",
    "Pruned",
    "Publisher",
    "Receipt",
    "Registry",
    "RegistryError",
    "ReviewLine",
    "Role",
    "ServerUnreachableError",
    "Settings",
    "Signature",
    "SignedBy",
    "SigningKey",
    "StageInterval",
    "Standing",
    "StrandedStage",
    "TagInterval",
    "Token",
    "TokenLimits",
    "TrainingCode",
    "TriedVersion",
    "UnauthenticatedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnwritableError",
    "VersionRecord",
    "Webhook",
    "WebhookDelivery",
    "connect",
    "resolve_settings",
]

_MODULES: Final = (
    "errors",
    "progress",
    "settings",
    "listing",
    "cache",
    "records",
    "values",
    "access_values",
    "webhook_values",
    "policy_values",
    "card_values",
    "signature_values",
    "model_versions",
    "publishers",
    "tokens",
    "logins",
    "registry",
)
"""Where the names are, those first that load the least."""


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name in __all__:
        for module in _MODULES:
            found = getattr(importlib.import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
