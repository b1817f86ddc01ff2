"""Events of signatures of versions, of the keys that are trusted to make them, and of evidence packs."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import BOOLEAN, DIGEST, INTEGER, TEXT, TIME, EventType, Schema, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE, VERSION

_KEY: Final[dict[str, Schema]] = {"key_id": TEXT, "kind": TEXT, "fingerprint": TEXT}

SIGNATURES: Final = (
    EventType(
        "governance.version_signed",
        VERSION,
        "A signature was added to a version, after it was verified with the key that is named.",
        data={
            "version_id": TEXT,
            "number": INTEGER,
            "manifest_digest": DIGEST,
            "signature_id": TEXT,
            "bundle_digest": DIGEST,
            "predicate_type": TEXT,
            "key_id": TEXT,
            "fingerprint": TEXT,
        },
        texts=("identity",),
    ),
    EventType(
        "governance.signing_key_trusted",
        SCOPE,
        "A `public_key`, or an `authority` about certain identities, is trusted to sign models.",
        data={**_KEY, "valid_from": nullable(TIME), "valid_until": nullable(TIME)},
        texts=("name", "identity"),
    ),
    EventType(
        "governance.signing_key_revoked",
        SCOPE,
        "The trust in a key or authority was taken back: no signature holds by it any more.",
        data=_KEY,
        texts=("name", "reason"),
    ),
    EventType(
        "governance.evidence_exported",
        VERSION,
        "An evidence pack of a version was handed out; `evidence_digest` is that of the text of its signed list.",
        data={
            "version_id": TEXT,
            "number": INTEGER,
            "manifest_digest": DIGEST,
            "evidence_digest": DIGEST,
            "files": INTEGER,
            "entries_before": INTEGER,
            "personal": BOOLEAN,
        },
    ),
)
