"""Ranges of semantic versions, as npm reads them, and the intervals of precedence keys they lie in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import takewhile
from typing import Final, NoReturn, Self

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.semver.versions import MAX_DIGITS, InvalidVersionError, Version

MAX_RANGE_LENGTH: Final = 256

_NUMBER: Final = rf"(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})"
_PART: Final = rf"(?:{_NUMBER}|[xX*])"
_PARTIAL: Final = rf"{_PART}(?:\.{_PART}(?:\.{_PART}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?)?"
_COMPARATOR: Final = re.compile(rf"(\^|~>?|[<>]=?|=)?\s*({_PARTIAL})(?=[\s,]|$)", re.ASCII)
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+", re.ASCII)
_HYPHEN: Final = re.compile(rf"({_PARTIAL})\s+-\s+({_PARTIAL})", re.ASCII)
_WILDCARDS: Final = frozenset("xX*")
_FULL: Final = 3
# Before the least and after the greatest precedence key.
_BOTTOM: Final = ""
_TOP: Final = "~"


class InvalidVersionRangeError(InvalidValueError):
    """The text is not a range of versions; `details` hold the `position`, counted from 0, of what cannot be read."""

    code = "kernel.invalid_version_range"


@dataclass(frozen=True, slots=True)
class Interval:
    """Neighbouring versions between two precedence keys; a key of None leaves that side open.

    `allows_prerelease` says whether its pre-releases count as well; if not, only its releases do.
    """

    lower_key: str | None = None
    lower_inclusive: bool = True
    upper_key: str | None = None
    upper_inclusive: bool = True
    allows_prerelease: bool = False

    def contains(self, key: str) -> bool:
        """Say whether a precedence key lies between the bounds."""
        if self.lower_key is not None and (
            key < self.lower_key or (key == self.lower_key and not self.lower_inclusive)
        ):
            return False
        return self.upper_key is None or key < self.upper_key or (key == self.upper_key and self.upper_inclusive)

    @property
    def is_empty(self) -> bool:
        """Whether the bounds leave no room for any key."""
        if self.lower_key is None or self.upper_key is None or self.lower_key < self.upper_key:
            return False
        return self.lower_key > self.upper_key or not (self.lower_inclusive and self.upper_inclusive)


_EVERYTHING: Final = Interval()
_NOTHING: Final = Interval(_TOP, lower_inclusive=False, upper_key=_BOTTOM, upper_inclusive=False)


@dataclass(frozen=True, slots=True)
class _Partial:
    """The numbers of a version that are given, none to three; a pre-release stands behind all three only."""

    numbers: tuple[int, ...]
    prerelease: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        return len(self.numbers) == _FULL

    def floor(self) -> Version:
        """Return the first release it covers, or the version itself."""
        major, minor, patch = (*self.numbers, 0, 0, 0)[:_FULL]
        return Version(major, minor, patch, self.prerelease)

    def next_release(self, index: int) -> Version:
        """Return the release in which the number at an index is one higher."""
        return _Partial((*self.numbers[:index], self.numbers[index] + 1)).floor()

    def __str__(self) -> str:
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return f"{'.'.join(map(str, self.numbers)) or '*'}{prerelease}"


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparator, or the two ends of a hyphen range."""

    text: str
    interval: Interval
    partials: tuple[_Partial, ...]


@dataclass(frozen=True, slots=True)
class _Alternative:
    """What stands between two `||`: an interval, and the releases whose pre-releases it may hold."""

    interval: Interval
    named: frozenset[tuple[int, ...]]

    @classmethod
    def of(cls, terms: list[_Term]) -> Self:
        named = frozenset(part.numbers for term in terms for part in term.partials if part.prerelease)
        return cls(reduce(_meet, [term.interval for term in terms]), named)

    def allows(self, version: Version) -> bool:
        if version.prerelease and version.numbers not in self.named:
            return False
        return self.interval.contains(version.precedence_key)

    def intervals(self) -> Iterator[Interval]:
        yield self.interval
        for numbers in sorted(self.named):
            release = _Partial(numbers).floor()
            before = Interval(_first_prerelease(release), upper_key=release.precedence_key, upper_inclusive=False)
            yield replace(_meet(self.interval, before), allows_prerelease=True)


@dataclass(frozen=True, slots=True)
class Range:
    """A set of versions: `^1.2`, `~1.4.0`, `>=1.2 <2`, `>=1,<2`, `1.x`, `1`, `*`, `1.2 - 2`, and `||` between such.

    A pre-release is in the range only if a comparator beside it names a pre-release of the same major, minor and patch:
    `>=1.0.0-rc.1` holds 1.0.0-rc.2 but not 1.1.0-rc.1. Builds do not count. `text` is the canonical form, in which a
    bare `1` is `1.x` and a bare `1.2.3` is `=1.2.3`. Source: github.com/npm/node-semver, without its loose mode.
    """

    text: str
    alternatives: tuple[_Alternative, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a range of at most 256 characters.

        Raises:
            InvalidVersionRangeError: the text, or a part of it between `||`, is empty or outside the grammar.
        """
        if len(text) > MAX_RANGE_LENGTH:
            raise InvalidVersionRangeError(f"The range has {len(text)} characters; {MAX_RANGE_LENGTH} is the most.")
        spellings: list[str] = []
        alternatives: list[_Alternative] = []
        offset = 0
        for part in text.split("||"):
            try:
                terms = list(_terms(text, offset, offset + len(part)))
            except InvalidVersionError:  # a bound of the interval has too many digits
                _refuse(text, offset)
            spellings.append(" ".join([term.text for term in terms]))
            alternatives.append(_Alternative.of(terms))
            offset += len(part) + len("||")
        return cls(" || ".join(spellings), tuple(alternatives))

    def allows(self, version: Version) -> bool:
        """Say whether a version is in the range."""
        return any(alternative.allows(version) for alternative in self.alternatives)

    def intervals(self) -> tuple[Interval, ...]:
        """Return the intervals that hold the versions of the range and no others, for an index on `precedence_key`.

        They may overlap; none means that no version can be in the range.
        """
        return tuple(part for alternative in self.alternatives for part in alternative.intervals() if not part.is_empty)

    def __str__(self) -> str:
        """Return the canonical text, which parses to an equal range."""
        return self.text


def _terms(text: str, start: int, end: int) -> Iterator[_Term]:
    position = end - len(text[start:end].lstrip())
    end = position + len(text[position:end].rstrip())
    hyphen = _HYPHEN.fullmatch(text, position, end)
    if hyphen is not None:
        yield _between(_partial(hyphen, 1), _partial(hyphen, 2))
        return
    while True:
        match = _COMPARATOR.match(text, position, end)
        if match is None:
            _refuse(text, position)
        yield _term(match)
        if match.end() == end:
            return
        separator = _SEPARATOR.match(text, match.end(), end)
        position = match.end() if separator is None else separator.end()


def _term(match: re.Match[str]) -> _Term:
    operator = (match[1] or "=").replace("~>", "~")
    partial = _partial(match, 2)
    if not partial.numbers:
        nothing = operator in {"<", ">"}
        return _Term(f"{operator}*" if nothing else "*", _NOTHING if nothing else _EVERYTHING, (partial,))
    is_series = operator == "=" and not partial.is_full
    return _Term(f"{partial}.x" if is_series else f"{operator}{partial}", _INTERVALS[operator](partial), (partial,))


def _between(first: _Partial, last: _Partial) -> _Term:
    lower = _at_least(first) if first.numbers else _EVERYTHING
    upper = _at_most(last) if last.numbers else _EVERYTHING
    return _Term(f"{first} - {last}", _meet(lower, upper), (first, last))


def _partial(match: re.Match[str], group: int) -> _Partial:
    numbers, _, prerelease = match[group].partition("+")[0].partition("-")
    parts = numbers.split(".")
    given = tuple(int(part) for part in takewhile(lambda part: part not in _WILDCARDS, parts))
    partial = _Partial(given, tuple(prerelease.split(".")) if prerelease else ())
    in_order = all(part in _WILDCARDS for part in parts[len(given) :])
    if not in_order or (partial.prerelease and not partial.is_full):
        _refuse(match.string, match.start(group))
    try:
        partial.floor()
    except InvalidVersionError:
        _refuse(match.string, match.start(group))
    return partial


def _meet(one: Interval, other: Interval) -> Interval:
    """Return what two intervals share."""
    lower = max(one, other, key=lambda part: (part.lower_key or _BOTTOM, not part.lower_inclusive))
    upper = min(one, other, key=lambda part: (part.upper_key or _TOP, part.upper_inclusive))
    return Interval(lower.lower_key, lower.lower_inclusive, upper.upper_key, upper.upper_inclusive)


def _series(partial: _Partial, index: int) -> Interval:
    """Return the interval from a version to where the number at an index would rise, pre-releases of that left out."""
    return Interval(
        partial.floor().precedence_key,
        upper_key=_first_prerelease(partial.next_release(index)),
        upper_inclusive=False,
    )


def _first_prerelease(version: Version) -> str:
    return Version(*version.numbers, prerelease=("0",)).precedence_key


def _caret(partial: _Partial) -> Interval:
    last = len(partial.numbers) - 1
    return _series(partial, next((index for index, number in enumerate(partial.numbers) if number), last))


def _tilde(partial: _Partial) -> Interval:
    return _series(partial, min(1, len(partial.numbers) - 1))


def _equal(partial: _Partial) -> Interval:
    if not partial.is_full:
        return _series(partial, len(partial.numbers) - 1)
    key = partial.floor().precedence_key
    return Interval(key, upper_key=key)


def _more_than(partial: _Partial) -> Interval:
    if not partial.is_full:
        return Interval(partial.next_release(len(partial.numbers) - 1).precedence_key)
    return Interval(partial.floor().precedence_key, lower_inclusive=False)


def _at_least(partial: _Partial) -> Interval:
    return Interval(partial.floor().precedence_key)


def _less_than(partial: _Partial) -> Interval:
    floor = partial.floor()
    key = floor.precedence_key if partial.is_full else _first_prerelease(floor)
    return Interval(upper_key=key, upper_inclusive=False)


def _at_most(partial: _Partial) -> Interval:
    if not partial.is_full:
        key = _first_prerelease(partial.next_release(len(partial.numbers) - 1))
        return Interval(upper_key=key, upper_inclusive=False)
    return Interval(upper_key=partial.floor().precedence_key)


_INTERVALS: Final[Mapping[str, Callable[[_Partial], Interval]]] = {
    "^": _caret,
    "~": _tilde,
    "=": _equal,
    ">": _more_than,
    ">=": _at_least,
    "<": _less_than,
    "<=": _at_most,
}


def _refuse(text: str, position: int) -> NoReturn:
    raise InvalidVersionRangeError(
        f"{text!a} is not a range of versions: at position {position} a version or a comparator must stand. Write for "
        "example ^1.2, ~1.4.0, >=1.2 <2, 1.x or 1.2 - 2, * for all, and || between alternatives.",
        position=position,
    )
