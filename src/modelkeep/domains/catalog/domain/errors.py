"""What can be wrong with a request to the catalog."""

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.references import ModelName, Reference


class InvalidRecordError(InvalidValueError):
    """A field of a record breaks its rule."""

    code = "catalog.invalid_record"


class NamespaceNotFoundError(RegistryError):
    """There is no such namespace."""

    kind = Kind.NOT_FOUND
    code = "catalog.namespace_not_found"


class NamespaceExistsError(RegistryError):
    """The namespace is there already."""

    kind = Kind.ALREADY_EXISTS
    code = "catalog.namespace_exists"


class NamespaceNotEmptyError(RegistryError):
    """A namespace with models cannot be deleted."""

    kind = Kind.BLOCKED
    code = "catalog.namespace_not_empty"


class ModelNotFoundError(RegistryError):
    """There is no such model, or it is deleted."""

    kind = Kind.NOT_FOUND
    code = "catalog.model_not_found"


class ModelExistsError(RegistryError):
    """The model is there already, if only deleted."""

    kind = Kind.ALREADY_EXISTS
    code = "catalog.model_exists"


class VersionNotFoundError(RegistryError):
    """No version answers to this reference."""

    kind = Kind.NOT_FOUND
    code = "catalog.version_not_found"


class QuarantinedError(RegistryError):
    """The version was withdrawn: its files are not handed out."""

    kind = Kind.BLOCKED
    code = "catalog.version_quarantined"


class NotQuarantinedError(RegistryError):
    """The version is not in quarantine."""

    kind = Kind.BLOCKED
    code = "catalog.version_not_quarantined"


class VersionExistsError(RegistryError):
    """The version number is taken by other content."""

    kind = Kind.ALREADY_EXISTS
    code = "catalog.version_exists"


class StepTooSmallError(RegistryError):
    """The version's number takes a smaller step than its content does; the details have the reasons."""

    kind = Kind.BLOCKED
    code = "catalog.step_too_small"


class AliasNotFoundError(RegistryError):
    """The model has no such alias."""

    kind = Kind.NOT_FOUND
    code = "catalog.alias_not_found"


class TagNotFoundError(RegistryError):
    """The model or version has no such tag."""

    kind = Kind.NOT_FOUND
    code = "catalog.tag_not_found"


class FileNotFoundInVersionError(RegistryError):
    """The version's artifact has no file at this path."""

    kind = Kind.NOT_FOUND
    code = "catalog.file_not_found"


class DeletionBlockedError(RegistryError):
    """Something still points to what should be deleted; the details list it."""

    kind = Kind.BLOCKED
    code = "catalog.deletion_blocked"


class VersionRetainedError(RegistryError):
    """A policy keeps the version for a time that is not over; the details say until when."""

    kind = Kind.BLOCKED
    code = "catalog.version_retained"


def no_such_namespace(name: str) -> NamespaceNotFoundError:
    """Return the error for a namespace that is not there, or that the actor may not see."""
    return NamespaceNotFoundError(
        f"there is no namespace {name}; create it with POST /api/v1/namespaces, or push a model into it", namespace=name
    )


def no_such_model(name: ModelName) -> ModelNotFoundError:
    """Return the error for a model that is not there, or that the actor may not see."""
    return ModelNotFoundError(f"there is no model {name}; 'modelkeep push PATH {name}' creates it", model=str(name))


def no_such_version(reference: Reference, *, deleted: bool = False) -> VersionNotFoundError:
    """Return the error for a version that is not there, or whose model the actor may not see."""
    return VersionNotFoundError(
        f"no {'deleted ' if deleted else ''}version answers to {reference}; "
        f"'modelkeep versions {reference.model_name}' lists what there is",
        reference=str(reference),
    )
