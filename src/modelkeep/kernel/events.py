"""Facts about state changes: the one input of the audit log, and later of webhooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from modelkeep.kernel.identity import Actor

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened, named in the past tense: `catalog.version_registered`.

    `data` enters the audit leaf as it is: identifiers, digests and numbers only (no floats: decimals are strings).
    `texts` holds whatever a person typed (reasons, descriptions, tag values): the leaf holds a salted commitment to
    each, the text itself can be erased. `before` and `after` are the facts of the subject, kept as their digest.
    """

    name: str
    subject: str
    actor: Actor
    at: datetime
    data: Mapping[str, Json] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    before: Json = None
    after: Json = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a change is in the audit log: its sequence number and the hash of its leaf (64 hex digits)."""

    seq: int
    leaf_hash: str


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recorded(Generic[T]):
    """What a use case that writes returns: the new value, and the receipt of the change.

    `receipt` is None when nothing had to change, as in the repetition of a request.
    """

    value: T
    receipt: Receipt | None
