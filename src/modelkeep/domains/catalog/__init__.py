"""Namespaces, models, versions, semver, aliases, tags and stage history: what there is, and by which name."""

from modelkeep.domains.catalog.domain.aliases import AliasInterval, StageInterval, TagInterval
from modelkeep.domains.catalog.domain.models import Model, ModelDetails, Namespace, Visibility
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.domain.records import (
    DataRef,
    Environment,
    Metric,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
)
from modelkeep.domains.catalog.domain.versioning import BumpRequest
from modelkeep.domains.catalog.domain.versions import ModelVersion, Standing
from modelkeep.domains.catalog.operations import (
    find_holder,
    find_namespace,
    forget_past,
    measured_at,
    model_named,
    move_stage,
    permitted_model,
    permitted_namespace,
    permitted_version,
    stage_holders,
)
from modelkeep.domains.catalog.service import (
    AliasService,
    ContentService,
    ExplanationService,
    ModelService,
    NamespaceService,
    NewModel,
    NewVersion,
    OpenFile,
    RegisteredVersion,
    RegistrationService,
    VersionService,
)

__all__ = [
    "AliasInterval",
    "AliasService",
    "BumpRequest",
    "ContentService",
    "DataRef",
    "Environment",
    "ExplanationService",
    "ListQuery",
    "Metric",
    "Model",
    "ModelDetails",
    "ModelService",
    "ModelVersion",
    "Namespace",
    "NamespaceService",
    "NewModel",
    "NewVersion",
    "OpenFile",
    "Parent",
    "RegisteredVersion",
    "RegistrationService",
    "Relation",
    "StageInterval",
    "Standing",
    "TagInterval",
    "TrainingCode",
    "VersionRecord",
    "VersionService",
    "Visibility",
    "find_holder",
    "find_namespace",
    "forget_past",
    "measured_at",
    "model_named",
    "move_stage",
    "permitted_model",
    "permitted_namespace",
    "permitted_version",
    "stage_holders",
]
