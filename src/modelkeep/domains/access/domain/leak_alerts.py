"""Alerts of a scanner of secrets: what it has found, and what it is told of that."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modelkeep.kernel.canonical_json import parse_json
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

MAX_ALERT: Final = 1024 * 1024
"""The greatest alert, in bytes."""
MAX_MATCHES: Final = 1000
MAX_TYPE: Final = 255
_DEPTH: Final = 8


class LeakAlertsOffError(RegistryError):
    """Nobody's alerts are believed: no key is configured."""

    kind = Kind.NOT_FOUND
    code = "access.leak_alerts_off"


class AlertSignatureError(RegistryError):
    """The signature of an alert is missing, or that of no key which is believed."""

    kind = Kind.UNAUTHENTICATED
    code = "access.alert_signature"


class Label(StrEnum):
    """Whether something that was found is a token."""

    TRUE_POSITIVE = "true_positive"
    FALSE_POSITIVE = "false_positive"


@dataclass(frozen=True, slots=True)
class Match:
    """What a scanner has found, and which of its patterns fits that."""

    token: str
    type: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scanner is told of a match: it knows the token by its SHA-256."""

    token_hash: str
    token_type: str
    label: Label


def read_alert(body: bytes) -> tuple[Match, ...]:
    """Read the matches of an alert; what else it says of them is not needed.

    Raises:
        InvalidJsonError: the body is no JSON.
        InvalidValueError: it is no list of at most 1,000 matches, each with a `token` and a `type`.
    """
    matches = parse_json(body, max_bytes=MAX_ALERT, max_depth=_DEPTH)
    if not isinstance(matches, list) or len(matches) > MAX_MATCHES:
        raise InvalidValueError(f"an alert is a JSON list of at most {MAX_MATCHES} matches")
    return tuple(_match(match) for match in matches)


def judge(matches: Collection[Match], known: Collection[str]) -> tuple[Finding, ...]:
    """Say of each match whether it is one of the known tokens."""
    return tuple(
        Finding(
            hashlib.sha256(match.token.encode()).hexdigest(),
            match.type,
            Label.TRUE_POSITIVE if match.token in known else Label.FALSE_POSITIVE,
        )
        for match in matches
    )


def _match(given: object) -> Match:
    fields = given if isinstance(given, dict) else {}
    token, kind = fields.get("token"), fields.get("type")
    if not isinstance(token, str) or not isinstance(kind, str) or len(kind) > MAX_TYPE:
        raise InvalidValueError(f"each match of an alert has a 'token' and a 'type' of at most {MAX_TYPE} characters")
    return Match(token, kind)
