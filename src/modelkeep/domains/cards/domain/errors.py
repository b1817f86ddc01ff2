"""How a card or an attachment can be refused."""

from modelkeep.kernel.errors import Kind, RegistryError


class CardNotFoundError(RegistryError):
    """The version has no card, or had none then, or not so many revisions."""

    kind = Kind.NOT_FOUND
    code = "cards.card_not_found"


class InvalidCardError(RegistryError):
    """The document is not a model card; the details list where and why."""

    kind = Kind.INVALID
    code = "cards.invalid_card"


class InvalidExtraSchemaError(RegistryError):
    """What a namespace would ask of `extra` is no JSON Schema, too large, or refers to what is elsewhere."""

    kind = Kind.INVALID
    code = "cards.invalid_extra_schema"


class ExtraSchemaNotFoundError(RegistryError):
    """The namespace asks nothing of `extra`, or did not then."""

    kind = Kind.NOT_FOUND
    code = "cards.extra_schema_not_found"


class UnknownFrameworkError(RegistryError):
    """There is no such framework."""

    kind = Kind.NOT_FOUND
    code = "cards.framework_not_found"


class InvalidFrameworkError(RegistryError):
    """A framework's file cannot be used."""

    kind = Kind.INVALID
    code = "cards.invalid_framework"


class InvalidAttachmentError(RegistryError):
    """A file cannot be attached: its type, its size, its name, or a picture without a text."""

    kind = Kind.INVALID
    code = "cards.invalid_attachment"


class AttachmentExistsError(RegistryError):
    """The name is taken by an attachment with other content."""

    kind = Kind.ALREADY_EXISTS
    code = "cards.attachment_exists"


class AttachmentNotFoundError(RegistryError):
    """The version has no attachment of this name, or had none then."""

    kind = Kind.NOT_FOUND
    code = "cards.attachment_not_found"


class UnreadableCardError(RegistryError):
    """A document that is to be imported holds no card, and nothing that one can be made of."""

    kind = Kind.INVALID
    code = "cards.unreadable"
