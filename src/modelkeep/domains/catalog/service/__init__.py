"""Use cases of the catalog. Every facade calls these, and only these."""

from modelkeep.domains.catalog.service.aliases import AliasService
from modelkeep.domains.catalog.service.content import ContentService, OpenFile
from modelkeep.domains.catalog.service.explaining import ExplanationService
from modelkeep.domains.catalog.service.models import ModelService, NewModel
from modelkeep.domains.catalog.service.namespaces import NamespaceService
from modelkeep.domains.catalog.service.registration import NewVersion, RegisteredVersion, RegistrationService
from modelkeep.domains.catalog.service.versions import NewDeprecation, VersionService

__all__ = [
    "AliasService",
    "ContentService",
    "ExplanationService",
    "ModelService",
    "NamespaceService",
    "NewDeprecation",
    "NewModel",
    "NewVersion",
    "OpenFile",
    "RegisteredVersion",
    "RegistrationService",
    "VersionService",
]
