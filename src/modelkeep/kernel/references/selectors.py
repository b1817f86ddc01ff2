"""Which version of a model is meant: what stands behind its name."""

import re
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.references.names import ALIAS
from modelkeep.kernel.references.spans import Span
from modelkeep.kernel.semver import Range, Version

MAX_NUMBER: Final = 2**31 - 1

_INTEGER: Final = re.compile(r"[0-9]+")
_WHOLE_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_PARTIAL_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+")
_RANGE_MARK: Final = re.compile(r"[\^~<>=|*xX]|\s-\s")
_VERSION_LIKE_ALIAS: Final = re.compile(r"[vV][0-9]+\.|[xX](?:\.|$)")


@dataclass(frozen=True, slots=True)
class Exact:
    """The version with this semantic version."""

    version: Version

    def __str__(self) -> str:
        """Return the selector with its sign."""
        return f":{self.version}"


@dataclass(frozen=True, slots=True)
class Number:
    """The version with this number, counted from 1 in each model; at most 2147483647.

    Raises:
        InvalidReferenceError: if no version can have the number.
    """

    n: int

    def __post_init__(self) -> None:
        """Refuse what no version can have."""
        if not 1 <= self.n <= MAX_NUMBER:
            Span.of(str(self.n)).refuse(f"Versions are numbered from 1 to {MAX_NUMBER}")

    def __str__(self) -> str:
        """Return the selector with its sign."""
        return f":{self.n}"


@dataclass(frozen=True, slots=True)
class Matching:
    """The newest version in a range."""

    range: Range

    def __str__(self) -> str:
        """Return the selector with its sign."""
        return f":{self.range}"


@dataclass(frozen=True, slots=True)
class Alias:
    """The version an alias points to, or the one that holds the stage of this name; `latest` is the newest by number.

    1 to 63 characters `[A-Za-z][A-Za-z0-9._-]*`, and nothing that reads as a version or a range (`v1.2`, `x`).

    Raises:
        InvalidReferenceError: if it is not such a name.
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse what is no alias."""
        _check_alias(Span.of(self.name))

    def __str__(self) -> str:
        """Return the selector with its sign."""
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class ByDigest:
    """The version with this content: the digest of its manifest."""

    digest: Digest

    def __str__(self) -> str:
        """Return the selector with its sign."""
        return f"@{self.digest}"


Selector: TypeAlias = Exact | Number | Matching | Alias | ByDigest


def parse_selector(text: str) -> Selector:
    """Return the selector in a text without a model: `1.4.0`, `12`, `^1.2`, `@champion`, `@sha256:…`; a `:` may lead.

    Raises:
        InvalidReferenceError: if the text is no selector.
    """
    span = Span.of(text)
    return read_selector(span) if text.startswith((":", "@")) else _read_version(span)


def read_selector(span: Span) -> Selector:
    """Return the selector in a part of a reference, which starts with its sign.

    Raises:
        InvalidReferenceError: if there is none.
    """
    behind = span.part(1)
    return _read_version(behind) if span.text.startswith(":") else _read_name_or_digest(behind)


def _read_version(span: Span) -> Selector:
    if _INTEGER.fullmatch(span.text):
        return _read_number(span)
    try:
        return Exact(Version.parse(span.text))
    except InvalidValueError:
        return _read_range(span) if _RANGE_MARK.search(span.text) else _refuse_version(span)


def _read_number(span: Span) -> Number:
    if span.text.startswith("0"):
        span.refuse("The number of a version starts with 1 to 9")
    if len(span.text) > len(str(MAX_NUMBER)) or int(span.text) > MAX_NUMBER:
        span.refuse(f"Versions are numbered from 1 to {MAX_NUMBER}")
    return Number(int(span.text))


def _read_range(span: Span) -> Matching:
    try:
        return Matching(Range.parse(span.text))
    except InvalidValueError as error:
        position = error.details.get("position")
        if not isinstance(position, int):
            span.refuse(f"This range is not understood: {error.message.rstrip('.')}")
        span.refuse("A range has a version or a comparator here, such as ^1.2, ~1.4, >=1 <2 or 1.x", position)


def _refuse_version(span: Span) -> NoReturn:
    """Say what was probably meant by a text that is neither a number, nor a version, nor a range."""
    text = span.text
    if not text:
        span.refuse("A version, a range or a number must follow ':'")
    if _WHOLE_VERSION.match(text):
        span.refuse("This is not a semantic version, such as 1.4.0 or 1.4.0-rc.1 (semver.org)")
    if _PARTIAL_VERSION.fullmatch(text):
        span.refuse(
            f"{text} is neither a number, nor an exact version, nor a range: write {text}.0 for exactly this version, "
            f"{text}.x for the newest {text}, or ^{text} for the newest compatible one"
        )
    if text[0] in "vV" and text[1:2].isdigit():
        span.refuse("A version is written without v, as in 1.4.0")
    if text[0].isalpha():
        span.refuse("Only numbers, versions and ranges follow ':'; an alias, a stage or a digest follows '@'")
    span.refuse("This is neither a number, nor an exact version, nor a range")


def _read_name_or_digest(span: Span) -> Alias | ByDigest:
    if not span.text:
        span.refuse("An alias, a stage or a sha256 digest must follow '@'")
    if not span.text.lower().startswith("sha256:"):
        return Alias(_check_alias(span))
    try:
        return ByDigest(Digest.parse(span.text))
    except InvalidValueError:
        span.refuse("A digest is written sha256: and 64 lower-case hexadecimal digits")


def _check_alias(span: Span) -> str:
    if span.text[:1].isdigit() or span.text[:1] in {*"^~<>=*"}:
        span.refuse("An alias starts with a letter; numbers, versions and ranges follow ':'")
    if _VERSION_LIKE_ALIAS.match(span.text):
        span.refuse("This reads as a version or a range, so it cannot be an alias; versions and ranges follow ':'")
    return ALIAS.check(span)
