"""The leaf of the audit log.

The leaf format is version 1 and final: RFC 8785 JSON without floats, hashed as RFC 6962 hashes a leaf. Personal data
and free text enter it as salted commitments only, so that they can be erased while every proof still holds.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.merkle import leaf_hash

LEAF_VERSION = 1
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class SaltedText:
    """A text a person typed, beside the log: erasing salt and value leaves the commitment meaningless but in place."""

    field: str
    salt: bytes
    value: str

    @property
    def commitment(self) -> str:
        """HMAC-SHA256 of the field's name and value under the salt, 64 hex digits."""
        return hmac.new(self.salt, canonical_json([self.field, self.value]), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log: its canonical bytes and their hash."""

    seq: int
    at: datetime
    payload: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of the leaf prefix and the payload (RFC 6962 section 2.1), 32 bytes."""
        return leaf_hash(self.payload)


def leaf_of(event: Event, *, seq: int, at: datetime, texts: Mapping[str, SaltedText]) -> Leaf:
    """Return the leaf of an event at its place in the log."""
    actor = event.actor
    document: dict[str, Json] = {
        "v": LEAF_VERSION,
        "seq": seq,
        "ts": timestamp(at),
        "actor": {"type": actor.kind.value, "id": actor.id, "via_token_id": actor.token_id},
        "action": event.name,
        "resource": event.subject,
        "before_digest": _digest(event.before),
        "after_digest": _digest(event.after),
        "request_id": actor.request.id,
        "data": event.data,
        "pii_commitments": {name: text.commitment for name, text in texts.items()},
    }
    return Leaf(seq, at, canonical_json(document))


def _digest(facts: Json) -> str | None:
    return None if facts is None else str(digest_json(facts))
