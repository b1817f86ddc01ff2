"""One check of one claim, and what an identity token of a CI job comes to when all of them are made."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from modelkeep.domains.access.domain.openid.claims import Claims
from modelkeep.kernel.canonical_json import Json

STANDARD: Final = frozenset({"iss", "sub", "aud", "exp", "iat", "nbf", "jti"})
"""Claims that are checked for every token, or say who speaks."""
MAX_UNKNOWN: Final = 20

Test = Callable[[Json, Claims], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """Says whether a claim is as it should be; one that is not there is not, unless it is optional."""

    claim: str
    test: Test
    optional: bool = False

    def holds(self, claims: Claims) -> bool:
        """Say whether the token passes."""
        if self.claim not in claims:
            return self.optional
        return self.test(claims[self.claim], claims)


@dataclass(frozen=True, slots=True)
class Finding:
    """Which claims keep a token from being a publisher's, and which nobody has ever heard of."""

    failed: tuple[str, ...]
    unknown: tuple[str, ...]


def examine(checks: Iterable[Check], known: frozenset[str], claims: Claims) -> Finding:
    """Make every check; a claim that is neither checked nor known may matter, and is reported."""
    made = tuple(checks)
    unknown = claims.keys() - known - STANDARD - {check.claim for check in made}
    return Finding(
        tuple(check.claim for check in made if not check.holds(claims)),
        tuple(name[:64] for name in sorted(unknown)[:MAX_UNKNOWN]),
    )


def is_(expected: str) -> Test:
    """Return the test for exactly this text; a number counts as its digits."""
    return lambda value, _claims: _as_text(value) == expected


def is_name(expected: str) -> Test:
    """Return the test for a name in whatever case it is written."""
    return lambda value, _claims: isinstance(value, str) and _same_name(value, expected)


def is_not(forbidden: str) -> Test:
    """Return the test for any other text."""
    return lambda value, _claims: isinstance(value, str) and value != forbidden


def one_of(expected: Iterable[str]) -> Test:
    """Return the test for one of these texts."""
    allowed = frozenset(expected)
    return lambda value, _claims: _as_text(value) in allowed


def matches(pattern: str) -> Test:
    """Return the test for a text that matches a pattern, in which `*` stands for any characters and `?` for one."""
    escaped = re.sub(r"\[", "[[]", pattern)
    return lambda value, _claims: fnmatchcase(_as_text(value) or "", escaped)


def at_revision(path: str, *revisions: str) -> Test:
    """Return the test for `path@revision`, where the revision is what one of these claims of the same token says.

    The path is compared in whatever case it is written.
    """

    def test(value: Json, claims: Claims) -> bool:
        if not isinstance(value, str):
            return False
        start, revision = value[: len(path) + 1], value[len(path) + 1 :]
        known = {text for name in revisions if (text := _as_text(claims.get(name)))}
        return _same_name(start, f"{path}@") and revision in known

    return test


def _same_name(one: str, other: str) -> bool:
    """Compare in whatever case; only ASCII, as the letters of other scripts may fold to those of this one."""
    return one.isascii() and one.lower() == other.lower()


def _as_text(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
