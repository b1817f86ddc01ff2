"""Where a role holds: the whole registry, a namespace, or a model. Scopes inherit downward."""

from dataclasses import dataclass
from typing import Final, Self

from modelkeep.kernel.references import ModelName, check_namespace

REGISTRY_TEXT: Final = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the registry by its name: `*` is all of it, `fraud` a namespace, `fraud/scorer` a model.

    Whether the namespace or model is there is not asked: a role can be granted before its model is pushed.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the scope in a text.

        Raises:
            InvalidReferenceError: it is neither `*` nor a namespace nor `namespace/model`.
        """
        if text == REGISTRY_TEXT:
            return cls(text)
        return cls(str(ModelName.parse(text)) if "/" in text else check_namespace(text))

    @classmethod
    def of_model(cls, name: ModelName) -> Self:
        """Return the scope of one model."""
        return cls(str(name))

    @classmethod
    def of_namespace(cls, name: str) -> Self:
        """Return the scope of a namespace and all models in it."""
        return cls(name)

    @property
    def namespace(self) -> str | None:
        """The namespace it is or lies in; None for the registry."""
        return None if self.text == REGISTRY_TEXT else self.text.partition("/")[0]

    @property
    def model(self) -> ModelName | None:
        """The model it is, or None."""
        return ModelName.parse(self.text) if "/" in self.text else None

    @property
    def lineage(self) -> tuple[str, ...]:
        """The texts of all scopes that contain it, itself included, the widest first."""
        if self.namespace is None:
            return (REGISTRY_TEXT,)
        whole = (REGISTRY_TEXT, self.namespace)
        return whole if self.text == self.namespace else (*whole, self.text)

    def __str__(self) -> str:
        """Return `*`, `namespace` or `namespace/model`."""
        return self.text


REGISTRY: Final = Scope(REGISTRY_TEXT)
"""The whole registry."""
