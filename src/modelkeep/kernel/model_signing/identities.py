"""Who a certificate was issued to, and patterns of whom to believe."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from modelkeep.kernel.errors import InvalidValueError

KINDS: Final = ("email", "uri", "dns")
"""The kinds of subject alternative names that are identities here."""

_MAX_LENGTH: Final = 500
_SEPARATORS: Final = re.compile(r"([/@])")


@dataclass(frozen=True, slots=True)
class IdentityPattern:
    """Identities such as `email:*@example.org` or `uri:https://ci.example.org/acme/*/release`.

    `*` stands for any characters but `/` and `@`: it never reaches from one part of a name into the next.

    Raises:
        InvalidValueError: the text has no kind, is longer than 500 characters, or ends after the kind.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what could match nothing."""
        kind, colon, rest = self.text.partition(":")
        if kind not in KINDS or not colon or not rest or len(self.text) > _MAX_LENGTH:
            raise InvalidValueError(
                f"{self.text!a:.100} is no pattern of identities; write email:, uri: or dns: and a name in which * "
                "stands for any characters but / and @, such as email:*@example.org"
            )

    def first_of(self, identities: Iterable[str]) -> str | None:
        """Return the first identity that the pattern is for, None if it is for none of them."""
        return next(filter(self.matches, identities), None)

    def matches(self, identity: str) -> bool:
        """Say whether an identity, written as `kind:name`, is one of those."""
        wanted, given = _SEPARATORS.split(self.text), _SEPARATORS.split(identity)
        return len(wanted) == len(given) and all(map(_fits, wanted, given))


def _fits(pattern: str, text: str) -> bool:
    """Say whether one part fits, in time that is linear in the text for each star."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == text
    *middle, last = others
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True
