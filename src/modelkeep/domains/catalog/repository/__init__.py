"""Loads and stores the catalog. SQL of models, versions and aliases lives here and nowhere else."""

from modelkeep.domains.catalog.repository.aliases import AliasRepository
from modelkeep.domains.catalog.repository.models import ModelRepository
from modelkeep.domains.catalog.repository.namespaces import NamespaceRepository
from modelkeep.domains.catalog.repository.versions import VersionRepository

__all__ = ["AliasRepository", "ModelRepository", "NamespaceRepository", "VersionRepository"]
