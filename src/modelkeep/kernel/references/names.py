"""The names of peers, namespaces, models and aliases, and the rules they keep."""

import re
from dataclasses import dataclass
from typing import Final, Self

from modelkeep.kernel.references.spans import Span

DEFAULT_NAMESPACE: Final = "default"


@dataclass(frozen=True, slots=True)
class NameRule:
    """The grammar of one sort of name: a pattern, a length in characters, and both in words."""

    noun: str
    pattern: re.Pattern[str]
    max_length: int
    description: str

    def accepts(self, text: str) -> bool:
        """Say whether a text keeps the rule: the quick way, for the many that do."""
        return len(text) <= self.max_length and self.pattern.fullmatch(text) is not None

    def check(self, span: Span) -> str:
        """Return the name in a span.

        Raises:
            InvalidReferenceError: if it breaks the rule, pointing at its first wrong character.
        """
        if not span.text:
            span.refuse(f"The {self.noun} is missing")
        match = self.pattern.match(span.text)
        good = match.end() if match else 0
        if good < len(span.text):
            span.refuse(f"This {self.noun} must be {self.description}", good)
        if good > self.max_length:
            span.refuse(f"This {self.noun} must have at most {self.max_length} characters", self.max_length)
        return span.text


_LOWER_CASE: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LOWER_CASE_TEXT: Final = "lower-case letters and digits, with single '.', '_' or '-' between them"

PEER: Final = NameRule("peer name", _LOWER_CASE, 63, _LOWER_CASE_TEXT)
NAMESPACE: Final = NameRule("namespace", _LOWER_CASE, 63, _LOWER_CASE_TEXT)
MODEL: Final = NameRule(
    "model name",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    128,
    "letters, digits, '.', '_' and '-', and start with a letter or a digit",
)
ALIAS: Final = NameRule(
    "alias",
    re.compile(r"[A-Za-z][A-Za-z0-9._-]*"),
    63,
    "letters, digits, '.', '_' and '-', and start with a letter",
)


def check_namespace(text: str) -> str:
    """Return the text if it can name a namespace: 1 to 63 characters `[a-z0-9]+([._-][a-z0-9]+)*`.

    Raises:
        InvalidReferenceError: if it cannot.
    """
    return NAMESPACE.check(Span.of(text))


@dataclass(frozen=True, slots=True)
class ModelName:
    """The name of a model: a namespace, and 1 to 128 characters `[A-Za-z0-9][A-Za-z0-9._-]*` that keep their case.

    Raises:
        InvalidReferenceError: if either part breaks its rule.
    """

    namespace: str
    name: str

    def __post_init__(self) -> None:
        """Refuse a part that breaks its rule."""
        if not (NAMESPACE.accepts(self.namespace) and MODEL.accepts(self.name)):
            check_namespace(self.namespace)
            MODEL.check(Span.of(self.name))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name in `namespace/name`, or in a bare `name` of the namespace `default`.

        Raises:
            InvalidReferenceError: if the text is neither.
        """
        return cls.read(Span.of(text))

    @classmethod
    def read(cls, span: Span) -> Self:
        """Return the name in a part of a reference, as `parse` does.

        Raises:
            InvalidReferenceError: if there is none.
        """
        namespace, name = span.partition("/")
        if (second := name.text.find("/")) >= 0:
            name.refuse("A second '/' follows; a model is named namespace/name or just name", second)
        return cls(DEFAULT_NAMESPACE if namespace is None else NAMESPACE.check(namespace), MODEL.check(name))

    def __str__(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"
