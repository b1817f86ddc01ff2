"""Namespaces and models on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.catalog import Model, ModelDetails, Namespace, NewModel, Visibility
from modelkeep.kernel.events import Receipt
from modelkeep.kernel.references import ModelName


class NamespaceIn(In):
    """A namespace to create."""

    name: str = Field(examples=["fraud"])
    description: str = ""


class DescriptionIn(In):
    """A new description."""

    description: str


class NamespaceOut(Out):
    """A namespace."""

    name: str
    description: str
    created_at: Timestamp
    created_by: PrincipalOut
    revision: int
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, namespace: Namespace, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a namespace."""
        return cls(
            name=namespace.name,
            description=namespace.description,
            created_at=namespace.created_at,
            created_by=PrincipalOut.of(namespace.created_by, names),
            revision=namespace.revision,
            audit=ReceiptOut.of(receipt),
        )


class ModelIn(In):
    """A model to create."""

    name: str = Field(examples=["fraud/scorer"], description="`namespace/name`; a bare name is in `default`")
    description: str = ""
    task: str = ""
    visibility: Visibility = Visibility.PRIVATE
    owners: list[str] = Field(default_factory=list)
    tags: dict[str, str] = Field(default_factory=dict)

    def value(self) -> NewModel:
        """Return what the use case takes."""
        return NewModel(
            name=ModelName.parse(self.name),
            description=self.description,
            task=self.task,
            visibility=self.visibility,
            owners=tuple(self.owners),
            tags=self.tags,
        )


class ModelPatchIn(In):
    """What is to change of a model; a field that is left out stays."""

    description: str | None = None
    task: str | None = None
    visibility: Visibility | None = None
    owners: list[str] | None = None

    def value(self) -> ModelDetails:
        """Return what the use case takes."""
        owners = None if self.owners is None else tuple(self.owners)
        return ModelDetails(self.description, self.task, self.visibility, owners)


class TagIn(In):
    """The value of a tag."""

    value: str


class ModelOut(Out):
    """A model."""

    id: str
    name: str
    namespace: str
    description: str
    task: str
    visibility: Visibility
    owners: list[str]
    tags: dict[str, str]
    last_number: int = Field(description="The number of the newest version; 0 before the first")
    created_at: Timestamp
    created_by: PrincipalOut
    changed_at: Timestamp
    changed_by: PrincipalOut
    deleted_at: Timestamp | None
    revision: int
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, model: Model, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a model."""
        return cls(
            id=model.id,
            name=str(model.name),
            namespace=model.name.namespace,
            description=model.description,
            task=model.task,
            visibility=model.visibility,
            owners=list(model.owners),
            tags=dict(model.tags),
            last_number=model.last_number,
            created_at=model.created_at,
            created_by=PrincipalOut.of(model.created_by, names),
            changed_at=model.changed_at,
            changed_by=PrincipalOut.of(model.changed_by, names),
            deleted_at=model.deleted_at,
            revision=model.revision,
            audit=ReceiptOut.of(receipt),
        )
