"""Which events are wanted: by type, by namespace, by model."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

from modelkeep.domains.events.domain.errors import InvalidSubscriptionError
from modelkeep.kernel.references import ModelName, check_namespace

MAX_PATTERNS: Final = 50
_PATTERN: Final = re.compile(r"[A-Z0-9_*]{1,100}")


@dataclass(frozen=True, slots=True)
class Happening:
    """What selections look at: the public type of an event, and the namespace and model it is about, if any."""

    type: str
    namespace: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected; empty is everything, and a model implies its namespace.

    Types are public ones, with `*` for any number of characters.
    """

    types: tuple[str, ...] = ()
    namespace: str = ""
    model: str = ""

    @classmethod
    def of(cls, types: Collection[str], namespace: str, model: str, *, known: Collection[str]) -> Self:
        """Return a selection of what there can be: `known` are the types there are.

        Raises:
            InvalidSubscriptionError: a pattern matches no type, or there are too many.
            InvalidReferenceError: the namespace or the model breaks the grammar of names.
        """
        if len(types) > MAX_PATTERNS:
            raise InvalidSubscriptionError(f"{len(types)} types are too many; at most {MAX_PATTERNS} are selected")
        patterns = tuple(dict.fromkeys(_check_pattern(pattern.strip().upper(), known) for pattern in types))
        if not model:
            return cls(patterns, check_namespace(namespace) if namespace else "")
        name = ModelName.parse(model)
        if namespace not in ("", name.namespace):
            raise InvalidSubscriptionError(f"the model {name} is not in the namespace {namespace}", field="model")
        return cls(patterns, name.namespace, str(name))

    @property
    def place(self) -> str:
        """The model or namespace that holds all that can be selected; empty for the registry."""
        return self.model or self.namespace

    def wants_type(self, kind: str) -> bool:
        """Say whether events of a type may be selected."""
        return not self.types or any(_expression(pattern).fullmatch(kind) for pattern in self.types)

    def wants(self, happening: Happening) -> bool:
        """Say whether an event is selected."""
        if not self.wants_type(happening.type):
            return False
        return self.namespace in ("", happening.namespace) and self.model in ("", happening.model)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


def _check_pattern(pattern: str, known: Collection[str]) -> str:
    if not _PATTERN.fullmatch(pattern) or not any(_expression(pattern).fullmatch(one) for one in known):
        raise InvalidSubscriptionError(
            f"no type of event is {pattern[:80]!r}; there are {', '.join(sorted(known))}, and `*` stands for any part",
            field="types",
        )
    return pattern
