"""One semantic version: its grammar, its precedence, and what follows it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, Self

from modelkeep.kernel.errors import InvalidValueError

MAX_VERSION_LENGTH: Final = 128
MAX_DIGITS: Final = 20

_SHOWN: Final = 80
_NUMBER: Final = "(0|[1-9][0-9]*)"
_VERSION: Final = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?")
_PRERELEASE: Final = re.compile(rf"0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}|[0-9]*[A-Za-z-][0-9A-Za-z-]*")
_BUILD: Final = re.compile(r"[0-9A-Za-z-]+")
_ABOVE_NUMBERS: Final = 10**MAX_DIGITS

# How many digits a number has stands before it, as a letter: A is one digit, T is twenty.
_LENGTH_LETTERS: Final = "@ABCDEFGHIJKLMNOPQRST"
_WORD_MARK: Final = "a"
_WORD_END: Final = "!"
_RELEASE_MARK: Final = "~"


class InvalidVersionError(InvalidValueError):
    """The text is not a semantic version, or there is no such version within the limits."""

    code = "kernel.invalid_version"


class Bump(StrEnum):
    """Which part of a version rises."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True)
class Version:
    """A semantic version; every number has at most 20 digits.

    `<` and its kin compare precedence, where the build does not count; `==` compares everything, build included.
    To sort many versions use `precedence_key` as the key. Source: semver.org 2.0.0.

    Raises:
        InvalidVersionError: a number or an identifier is outside the grammar.
    """

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold every part to the grammar."""
        numbers_fit = all(0 <= number < _ABOVE_NUMBERS for number in self.numbers)
        if not (
            numbers_fit and all(map(_PRERELEASE.fullmatch, self.prerelease)) and all(map(_BUILD.fullmatch, self.build))
        ):
            raise _refusal(str(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `major.minor.patch[-prerelease][+build]`, at most 128 characters; no leading `v`, nothing left out.

        Raises:
            InvalidVersionError: the text is anything else.
        """
        match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise _refusal(text)
        major, minor, patch, prerelease, build = match.groups()
        return cls(int(major), int(minor), int(patch), _identifiers(prerelease), _identifiers(build))

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return (self.major, self.minor, self.patch)

    @property
    def is_prerelease(self) -> bool:
        """Whether the version comes before the release of its numbers."""
        return bool(self.prerelease)

    @cached_property
    def precedence_key(self) -> str:
        """An ASCII text, at most 200 characters, whose byte order is the precedence of versions.

        Two versions have the same key if and only if they differ in the build alone.
        """
        numbers = "".join([_number_key(str(number)) for number in self.numbers])
        if not self.prerelease:
            return numbers + _RELEASE_MARK
        return numbers + "".join(map(_identifier_key, self.prerelease))

    def bump(self, part: Bump) -> "Version":
        """Return the next version, without pre-release and build; a pre-release becomes its release if that is a rise.

        So patch takes 1.2.3 to 1.2.4 but 1.2.3-rc.1 to 1.2.3, and major takes 2.0.0-rc.1 to 2.0.0 (as npm does).

        Raises:
            InvalidVersionError: the number that rises would have more than 20 digits.
        """
        before_release = 1 if self.prerelease else 0
        if part is Bump.MAJOR:
            stays = before_release and self.minor == self.patch == 0
            return Version(self.major + (0 if stays else 1), 0, 0)
        if part is Bump.MINOR:
            stays = before_release and self.patch == 0
            return Version(self.major, self.minor + (0 if stays else 1), 0)
        return Version(self.major, self.minor, self.patch + 1 - before_release)

    def __lt__(self, other: object) -> bool:
        """Say whether this version has the lower precedence."""
        return self.precedence_key < other.precedence_key if isinstance(other, Version) else NotImplemented

    def __le__(self, other: object) -> bool:
        """Say whether this version has the lower or the same precedence."""
        return self.precedence_key <= other.precedence_key if isinstance(other, Version) else NotImplemented

    def __gt__(self, other: object) -> bool:
        """Say whether this version has the higher precedence."""
        return self.precedence_key > other.precedence_key if isinstance(other, Version) else NotImplemented

    def __ge__(self, other: object) -> bool:
        """Say whether this version has the higher or the same precedence."""
        return self.precedence_key >= other.precedence_key if isinstance(other, Version) else NotImplemented

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        build = f"+{'.'.join(self.build)}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{prerelease}{build}"


def _identifiers(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(text.split("."))


def _number_key(digits: str) -> str:
    return _LENGTH_LETTERS[len(digits)] + digits


def _identifier_key(identifier: str) -> str:
    return _number_key(identifier) if identifier.isdigit() else f"{_WORD_MARK}{identifier}{_WORD_END}"


def _refusal(text: str) -> InvalidVersionError:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return InvalidVersionError(
        f"{shown!a} is not a semantic version; write major.minor.patch such as 1.4.0 or 1.4.0-rc.1, with at most "
        f"{MAX_VERSION_LENGTH} characters and {MAX_DIGITS} digits a number (semver.org)."
    )
